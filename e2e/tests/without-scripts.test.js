// Each page does its whole job without JavaScript.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { person } from "../support/browser.js";
import { DISABLED, LEAD, LOCKED, ONE, SEVERAL } from "../support/demo.js";
import { startDemo } from "../support/keyward.js";
import {
  find,
  heading,
  message,
  people,
  press,
  resetButton,
  searchBox,
  shownPassword,
  signIn,
  signInForm,
  trySignIn,
  unlockButton,
} from "../support/pages.js";

let keyward;

before(async () => (keyward = await startDemo()));
after(() => keyward?.stop());

const signedIn = async (t) => {
  const page = await person(t, { scripts: false });
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);
  return page;
};

test("signing in: a wrong password keeps the name, the right one opens the search", async (t) => {
  const page = await person(t, { scripts: false });
  assert.equal((await trySignIn(page, keyward.origin, LEAD.name, "wrong")).status(), 401);
  assert.equal(await signInForm(page).name.inputValue(), LEAD.name);
  await signInForm(page).password.fill(LEAD.password);
  await press(page, signInForm(page).button);
  assert.equal(await heading(page), "Whose password?");
  assert.equal(await page.getByRole("button", { name: "Show" }).count(), 0, "a switch that does nothing");
});

test("finding: the box has the focus, Enter searches, a list leads to a person", async (t) => {
  const page = await signedIn(t);
  await page.keyboard.type(SEVERAL.search);
  const listed = page.waitForEvent("load");
  await page.keyboard.press("Enter");
  await listed;
  assert.ok((await people(page).count()) >= SEVERAL.least);
  assert.equal(await searchBox(page).inputValue(), SEVERAL.search);
  const name = await people(page).first().locator(".name").textContent();
  await press(page, people(page).first());
  assert.equal(await heading(page), name);
});

test("resetting: what it does can be changed before, the password can be read and spelled after", async (t) => {
  const page = await signedIn(t);
  await find(page, ONE.search);
  assert.equal(await heading(page), ONE.name);
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("checkbox", { name: "Ask for a change at the next logon" }).uncheck();
  await press(page, resetButton(page));

  assert.equal(await heading(page), `${ONE.name}'s new password`);
  assert.match(await message(page), /the new password is set\./);
  const password = await shownPassword(page);
  await page.getByText("Spell it", { exact: true }).click();
  const spelled = await page.locator(".spelling td:first-child:visible").allTextContents();
  assert.equal(spelled.join(""), password);
  assert.equal(await page.getByRole("button", { name: "Copy" }).count(), 0, "a button that does nothing");

  await press(page, page.getByRole("link", { name: "Help someone else" }));
  assert.equal(await heading(page), "Whose password?");
  await page.keyboard.type("x");
  assert.equal(await searchBox(page).inputValue(), "x");
  assert.deepEqual(await page.locator("#people .name").allTextContents(), [ONE.name], "helped last");
});

test("unlocking: the highlighted action where somebody is locked; afterwards the page says so", async (t) => {
  const page = await signedIn(t);
  await find(page, LOCKED.search);
  assert.match(
    await message(page),
    /Locked since .* after .* wrong passwords; unlocks itself .*at \d\d:\d\d\./,
  );
  assert.equal(await unlockButton(page).getAttribute("class"), "primary");
  assert.equal(await resetButton(page).getAttribute("class"), "second");
  await press(page, unlockButton(page));
  assert.equal(
    await page.getByRole("status").innerText(),
    `${LOCKED.name}'s account is unlocked. The password is the same as before.`,
  );
  assert.equal(await unlockButton(page).count(), 0);
});

test("an account that no reset would help has no button and says whom to ask", async (t) => {
  const page = await signedIn(t);
  await find(page, DISABLED.search);
  assert.match(await message(page), /Nothing here would help The account is disabled\..*Ask .*KW-331/);
  assert.equal(await resetButton(page).count(), 0);
  await press(page, page.getByRole("link", { name: "Search for someone else" }));
  assert.equal(await heading(page), "Whose password?");
});

test("signing out leads to the sign-in page, and the session is over", async (t) => {
  const page = await signedIn(t);
  await press(page, page.getByRole("button", { name: "Sign out" }));
  assert.equal(await heading(page), "Sign in");
  await page.goto(keyward.origin);
  assert.equal(await heading(page), "Sign in");
});
