// The whole job by keyboard alone, with the focus in sight at each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { person } from "../support/browser.js";
import { LEAD, LOCKED, ONE, SEVERAL } from "../support/demo.js";
import { assertFocusIsVisible, hasFocus, tabTo } from "../support/keyboard.js";
import { startDemo } from "../support/keyward.js";
import {
  find,
  heading,
  opens,
  people,
  resetButton,
  searchBox,
  signIn,
  signInForm,
  unlockButton,
} from "../support/pages.js";

let keyward;

before(async () => (keyward = await startDemo()));
after(() => keyward?.stop());

const SETTINGS = [
  { scripts: true, size: "wide", scheme: "light" },
  { scripts: true, size: "phone", scheme: "dark" },
  { scripts: false, size: "wide", scheme: "dark" },
];

for (const settings of SETTINGS) {
  const { scripts, size, scheme } = settings;
  test(`sign in, find, reset, sign out: ${scheme}, ${size}, ${scripts ? "with" : "without"} scripts`, async (t) => {
    const page = await person(t, settings);
    const type = (text) => page.keyboard.type(text);
    const enter = () => opens(page, () => page.keyboard.press("Enter"));

    await page.goto(`${keyward.origin}/sign-in`);
    assert.ok(await hasFocus(signInForm(page).name));
    await type(LEAD.name);
    await tabTo(page, signInForm(page).password);
    await type(LEAD.password);
    await enter();

    assert.ok(await hasFocus(searchBox(page)));
    await type(ONE.search);
    await enter();
    assert.equal(await heading(page), ONE.name);

    await tabTo(page, page.getByText("More", { exact: true }));
    await page.keyboard.press("Enter");
    const mustChange = page.getByRole("checkbox", { name: "Ask for a change at the next logon" });
    await tabTo(page, mustChange);
    await page.keyboard.press("Space");
    assert.equal(await mustChange.isChecked(), false);
    await page.keyboard.press("Space");
    await tabTo(page, resetButton(page));
    await enter();

    assert.equal(await heading(page), `${ONE.name}'s new password`);
    if (scripts) await tabTo(page, page.getByRole("button", { name: "Copy" }));
    await tabTo(page, page.getByText("Spell it", { exact: true }));
    await page.keyboard.press("Enter");
    assert.ok(await page.locator(".spelling").isVisible());
    await tabTo(page, page.getByRole("link", { name: "Help someone else" }));
    await enter();

    assert.ok(await hasFocus(searchBox(page)));
    await tabTo(page, page.getByRole("button", { name: "Sign out" }));
    await enter();
    assert.equal(await heading(page), "Sign in");
  });
}

test("a person in the list is reached by Tab and opened by Enter, without scripts too", async (t) => {
  const page = await person(t, { scripts: false });
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);
  await find(page, SEVERAL.search);
  await tabTo(page, people(page).nth(1));
  const name = await people(page).nth(1).locator(".name").textContent();
  await opens(page, () => page.keyboard.press("Enter"));
  assert.equal(await heading(page), name);
});

test("the first Tab offers to skip to the content, and Enter does it", async (t) => {
  const page = await person(t);
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);
  await find(page, LOCKED.search);
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the content" });
  assert.ok(await hasFocus(skip));
  await assertFocusIsVisible(page);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.ok(await hasFocus(unlockButton(page)), "the first thing in the content");
});
