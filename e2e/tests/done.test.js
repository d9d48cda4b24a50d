// The page that shows the password: to copy, to spell, to print, once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { anotherTab, person } from "../support/browser.js";
import { LEAD, LOCKED, ONE } from "../support/demo.js";
import { startDemo } from "../support/keyward.js";
import {
  find,
  heading,
  message,
  opens,
  press,
  resetButton,
  searchBox,
  shownPassword,
  signIn,
  signInForm,
} from "../support/pages.js";

let keyward;

before(async () => (keyward = await startDemo()));
after(() => keyward?.stop());

test("the copy button copies exactly what is shown", async (t) => {
  const page = await afterReset(t, ONE);
  const password = await shownPassword(page);
  await page.context().grantPermissions(["clipboard-write"], { origin: keyward.origin });
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const elsewhere = await anotherTab(t, page);
  await elsewhere.goto(keyward.origin);
  await searchBox(elsewhere).press("Control+V");
  assert.equal(await searchBox(elsewhere).inputValue(), password);
});

test("where copying is not allowed, the password is selected instead", async (t) => {
  const page = await afterReset(t, ONE, { permissions: [] });
  const password = await shownPassword(page);
  await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed"))));
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Selected: press Ctrl+C" }).waitFor();
  assert.equal(await page.evaluate(() => getSelection().toString()), password);
});

test("the spelling names each character in its place", async (t) => {
  const page = await afterReset(t, ONE);
  const password = await shownPassword(page);
  await page.getByText("Spell it", { exact: true }).click();
  const rows = await page
    .locator(".spelling tbody tr")
    .evaluateAll((lines) => lines.map((line) => [...line.cells].map((cell) => cell.textContent)));
  assert.equal(rows.map(([character]) => character).join(""), password);
  for (const [character, said] of rows) {
    if (/[a-z]/i.test(character))
      assert.match(said.toLowerCase(), new RegExp(`\\b${character.toLowerCase()}`), said);
    if (/[A-Z]/.test(character)) assert.match(said, /capital/i);
    if (/[0-9]/.test(character)) assert.match(said, /digit/i);
    if (character === "-") assert.match(said, /hyphen/i);
  }
});

test("what happens next stands in three numbered lines, and the page says that this is the only time", async (t) => {
  const page = await afterReset(t, ONE);
  const lines = page.getByRole("region", { name: "What happens next, to read out" }).getByRole("listitem");
  assert.equal(await lines.count(), 3);
  assert.match(await lines.nth(1).innerText(), /Windows then asks you to choose a new password\./);
  assert.match(await message(page), /This is the only time it is shown\./);
});

test("a locked account is unlocked in the same step, and the page says what was read back", async (t) => {
  const page = await afterReset(t, LOCKED);
  assert.match(
    await message(page),
    /the new password is set, it must be changed at the next logon, and the account is unlocked\./,
  );
});

test("the slip has the person, the password and the three lines, and nothing else", async (t) => {
  const page = await afterReset(t, ONE);
  await page.emulateMedia({ media: "print" });
  const printed = await page.locator("body").innerText();
  const next = await page.locator(".next").innerText();
  const expected = [
    await heading(page),
    await page.locator(".slip-only").innerText(),
    await shownPassword(page),
    next,
  ];
  assert.equal(printed.replace(/\s+/g, ""), expected.join("").replace(/\s+/g, ""));
});

test("back and forward after a reset do not show the password again", async (t) => {
  const page = await afterReset(t, ONE);
  const password = await shownPassword(page);
  await opens(page, () => page.goBack({ waitUntil: "commit" }));
  assert.equal(await heading(page), ONE.name);
  await assertNowhere(page, password);
  assert.equal((await press(page, resetButton(page))).status(), 200, "the form is a fresh one");
  await opens(page, () => page.goBack({ waitUntil: "commit" }));
  await assertNotSentAgain(page, page.goForward());
  await assertNowhere(page, password);
});

test("after signing out, going back shows nothing of what was there", async (t) => {
  const page = await afterReset(t, ONE);
  const password = await shownPassword(page);
  await press(page, page.getByRole("button", { name: "Sign out" }));
  assert.equal(await heading(page), "Sign in");
  await assertNotSentAgain(page, page.goBack()); // to the done page
  await assertNowhere(page, password);
  await page.goBack(); // to the account
  assert.equal(await heading(page), "Sign in");
  await assertNowhere(page, ONE.name);
  assert.equal(await signInForm(page).password.inputValue(), "");
});

async function afterReset(t, who, options) {
  const page = await person(t, options);
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);
  await find(page, who.search);
  await press(page, resetButton(page));
  assert.equal(await heading(page), `${who.name}'s new password`);
  return page;
}

/** Chromium does not send a form again by itself to show the page that it led to. */
async function assertNotSentAgain(page, going) {
  await assert.rejects(going, /ERR_CACHE_MISS/);
  await page.waitForURL("chrome-error://chromewebdata/");
}

async function assertNowhere(page, text) {
  assert.ok(!(await page.content()).includes(text), `${page.url()} shows ${text}`);
}
