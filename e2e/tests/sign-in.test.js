// The sign-in form: for password managers, for people who mistype, against people who guess.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { person } from "../support/browser.js";
import { LEAD, OTHER_LEAD } from "../support/demo.js";
import { assertGood, assertValidPage } from "../support/judges.js";
import { startDemo } from "../support/keyward.js";
import { heading, message, press, signInForm, trySignIn } from "../support/pages.js";

let keyward;

before(async () => (keyward = await startDemo()));
after(() => keyward?.stop());

test("the password can be shown and hidden, and is sent hidden", async (t) => {
  const page = await person(t);
  await page.goto(`${keyward.origin}/sign-in`);
  const form = signInForm(page);
  const show = page.getByRole("button", { name: "Show password" });
  await form.name.fill(LEAD.name);
  await form.password.fill(LEAD.password);
  await show.click();
  assert.equal(await form.password.getAttribute("type"), "text");
  assert.equal(await show.getAttribute("aria-pressed"), "true");
  await show.click();
  assert.equal(await form.password.getAttribute("type"), "password");
  await show.click();
  await form.password.evaluate((field) => {
    addEventListener("submit", () => (sessionStorage.sent = field.type)); // after the page's own listener
  });
  await press(page, form.button);
  assert.equal(await page.evaluate(() => sessionStorage.sent), "password");
  assert.equal(await heading(page), "Whose password?");
});

test("password managers find a name, a current password and a form that is theirs", async (t) => {
  const page = await person(t);
  await page.goto(`${keyward.origin}/sign-in`);
  const form = signInForm(page);
  assert.equal(await form.name.getAttribute("autocomplete"), "username");
  assert.equal(await form.password.getAttribute("autocomplete"), "current-password");
  assert.equal(await form.password.evaluate((field) => field.form.getAttribute("action")), "/sign-in");
});

test("after too many tries it says when the next one is, and counts down", async (t) => {
  const page = await person(t);
  let answer;
  for (let wrong = 0; wrong < 10 && answer?.status() !== 429; wrong += 1) {
    answer = await trySignIn(page, keyward.origin, OTHER_LEAD.name, "wrong");
  }
  assert.equal(answer.status(), 429);
  assert.ok(Number((await answer.allHeaders())["retry-after"]) > 60);
  assert.match(await message(page), /Keyward pauses, so that the account is not locked\..*KW-109/);
  const countdown = page.locator("[data-wait] [aria-hidden]");
  assert.match(await countdown.textContent(), /^\(\d+:\d\d\)$/);
  const before = await countdown.textContent();
  await page.waitForFunction(
    (text) => document.querySelector("[data-wait] [aria-hidden]").textContent !== text,
    before,
  );
  await assertValidPage(page);
  await assertGood(page);
  // Not even the right password is tried now.
  assert.equal((await trySignIn(page, keyward.origin, OTHER_LEAD.name, OTHER_LEAD.password)).status(), 429);
});
