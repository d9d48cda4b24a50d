// What the script adds to the search: results while typing, arrows, Enter on the only person.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { person } from "../support/browser.js";
import { LEAD, LOCKED, ONE, SEVERAL } from "../support/demo.js";
import { assertFocusIsVisible, hasFocus } from "../support/keyboard.js";
import { startDemo } from "../support/keyward.js";
import { heading, opens, people, searchBox, signIn } from "../support/pages.js";

let keyward;

before(async () => (keyward = await startDemo()));
after(() => keyward?.stop());

const atTheSearch = async (t, options) => {
  const page = await person(t, options);
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);
  return page;
};

/** Types, and waits until the list is that of the whole text. */
async function type(page, text) {
  await page.keyboard.type(text, { delay: 20 });
  await page.waitForURL((address) => address.searchParams.get("q") === text);
}

test("results come while typing, announced by their number, and the address can be kept", async (t) => {
  const page = await atTheSearch(t);
  await type(page, SEVERAL.search);
  const shown = await people(page).count();
  assert.ok(shown >= SEVERAL.least);
  assert.equal(await page.getByRole("status").locator("h2").innerText(), `${shown} people`);
  assert.ok(await hasFocus(searchBox(page)));
  await page.reload();
  assert.equal(await people(page).count(), shown);
  assert.equal(await searchBox(page).inputValue(), SEVERAL.search);
});

test("arrows go from the box through the list and back", async (t) => {
  const page = await atTheSearch(t);
  await type(page, SEVERAL.search);
  await page.keyboard.press("ArrowDown");
  assert.ok(await hasFocus(people(page).nth(0)));
  await assertFocusIsVisible(page);
  await page.keyboard.press("ArrowDown");
  assert.ok(await hasFocus(people(page).nth(1)));
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  assert.ok(await hasFocus(searchBox(page)));
  await page.keyboard.press("ArrowDown");
  const name = await people(page).first().locator(".name").textContent();
  await opens(page, () => page.keyboard.press("Enter"));
  assert.equal(await heading(page), name);
});

test("Enter opens the only person found", async (t) => {
  const page = await atTheSearch(t);
  await type(page, ONE.search);
  assert.equal(await people(page).count(), 1);
  await opens(page, () => page.keyboard.press("Enter"));
  assert.equal(await heading(page), ONE.name);
});

test("Enter pressed at once, before any result came, opens that person too", async (t) => {
  const page = await atTheSearch(t);
  await page.keyboard.type(LOCKED.search);
  await opens(page, () => page.keyboard.press("Enter"));
  assert.equal(await heading(page), LOCKED.name);
});

test("one letter gets a hint, nobody found gets another, an emptied box the people helped last", async (t) => {
  const page = await atTheSearch(t);
  await type(page, "x");
  assert.equal(await page.getByRole("status").innerText(), "Type at least two letters.");
  await searchBox(page).fill("xyzzyx");
  await page.getByText("Nobody you may help has a name").waitFor();
  assert.equal(await people(page).count(), 0);
  await searchBox(page).fill("");
  await page.waitForURL((address) => !address.searchParams.has("q"));
});

test("typing on after the session has ended leads to the sign-in page", async (t) => {
  const page = await atTheSearch(t);
  await page.context().clearCookies();
  await opens(page, () => page.keyboard.type(SEVERAL.search));
  assert.equal(await heading(page), "Sign in");
});
