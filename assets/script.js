// Adds to pages that work without it: results while typing, arrows in the list, copy, show, count-downs.
"use strict";

const first = (selector, root = document) => root.querySelector(selector);
const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

// A form is sent once: a double click would answer "used already" in place of the password.
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  first("button[type=submit]", form)?.setAttribute("aria-disabled", "true");
  each("[data-show][aria-pressed=true]", (button) => button.click());
});
// Going back shows a page as it is now: its form was used, the session may be over.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

// Show and hide a password.
each("[data-show]", (button) => {
  const input = document.getElementById(button.dataset.show);
  button.hidden = false;
  button.addEventListener("click", () => {
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
  });
});

// Copy; where the browser does not allow it, the password is selected instead.
each("[data-copy]", (button) => {
  const source = document.getElementById(button.dataset.copy);
  const label = first("span", button);
  const before = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      label.textContent = button.dataset.copied;
    } catch {
      getSelection().selectAllChildren(source);
      label.textContent = button.dataset.selected;
    }
    setTimeout(() => { label.textContent = before; }, 4000);
  });
});

each("[data-print]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});

// Count down, then say that the time has come. Read out only then.
each("[data-wait]", (line) => {
  const end = Date.now() + Number(line.dataset.wait) * 1000;
  const shown = document.createElement("span");
  shown.setAttribute("aria-hidden", "true");
  line.append(" ", shown);
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) {
      line.setAttribute("role", "status");
      line.textContent = line.dataset.over;
      return;
    }
    shown.textContent = `(${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")})`;
    setTimeout(tick, 250);
  };
  tick();
});

// Fetches a page of our own and gives its document; a sign-in page in its place is opened.
const fetchPage = async (address, signal) => {
  const answer = await fetch(address, { signal });
  if (answer.redirected && new URL(answer.url).pathname === "/sign-in") {
    location.assign("/sign-in");
    return null;
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html");
};

// Not known yet: ask again, slower each time, and show the answer when there is one.
const poll = (card, pause) => setTimeout(async () => {
  const next = Math.min(pause * 1.5, 15000);
  try {
    const page = await fetchPage(card.dataset.poll);
    const fresh = page && first("article.message", page);
    if (fresh && !fresh.dataset.poll) {
      card.replaceWith(document.adoptNode(fresh));
      document.title = page.title;
      first("h1", fresh).focus();
      return;
    }
  } catch { /* the network is away: ask again */ }
  poll(card, next);
}, pause);
each("[data-poll]", (card) => poll(card, 1500));

// Results while typing.
const box = document.getElementById("q");
if (box) {
  let asked = box.value.trim();
  let shownFor = asked;
  let running = null;
  let timer = 0;

  const replace = (page) => {
    const fresh = page && first("#results", page);
    if (!fresh) return;
    first("#people")?.remove();
    first("#count").replaceChildren(...first("#count", fresh).childNodes);
    const people = first("#people", fresh);
    if (people) first("#results").append(document.adoptNode(people));
  };
  const ask = async () => {
    const text = box.value.trim();
    if (text === asked) return;
    asked = text;
    running?.abort();
    running = new AbortController();
    const query = text ? `?q=${encodeURIComponent(text)}` : "";
    try {
      replace(await fetchPage(`/search${query}`, running.signal));
      shownFor = text;
      history.replaceState(null, "", `/${query}`);
    } catch (problem) {
      if (problem.name !== "AbortError") asked = null;
    }
  };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 180);
  });

  // Arrows go from the box through the list and back.
  const links = () => [...document.querySelectorAll("#people a")];
  addEventListener("keydown", (event) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    if (document.activeElement !== box && at < 0) return;
    if (event.key === "ArrowDown" && at + 1 < all.length) all[at + 1].focus();
    else if (event.key === "ArrowUp" && at > 0) all[at - 1].focus();
    else if ((event.key === "ArrowUp" && at === 0) || (event.key === "Escape" && at >= 0)) box.focus();
    else return;
    event.preventDefault();
  });

  // Enter opens the only person found; otherwise the form does it.
  box.form.addEventListener("submit", (event) => {
    const all = links();
    const text = box.value.trim();
    if (text && text === shownFor && all.length === 1) {
      event.preventDefault();
      location.assign(all[0].href);
    }
  });
}
