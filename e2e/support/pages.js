// Keyward's pages as people name their parts: by label, role and text, never by where they stand.

import assert from "node:assert/strict";
import { documentOf } from "./browser.js";

export const csrfOf = (page) => page.locator("main form input[name=csrf]").first().getAttribute("value");

export const heading = async (page) => (await page.getByRole("heading", { level: 1 }).textContent()).trim();

/** What a notice or message says, as one line. */
export const message = async (page) => (await page.getByRole("main").innerText()).replace(/\s+/g, " ");

/** Does something that opens a page, and waits for it; the answer that the page came from. */
export async function opens(page, act) {
  const opened = page.waitForEvent("load");
  await act();
  await opened;
  return documentOf(page);
}

export const press = (page, what) => opens(page, () => what.click());

export const signInForm = (page) => ({
  name: page.getByLabel("Name", { exact: true }),
  password: page.getByLabel("Password", { exact: true }),
  button: page.getByRole("button", { name: "Sign in" }),
});

/** Fills the sign-in form and sends it. */
export async function trySignIn(page, origin, name, password) {
  await page.goto(`${origin}/sign-in`);
  const form = signInForm(page);
  await form.name.fill(name);
  await form.password.fill(password);
  return press(page, form.button);
}

/** Signs in; ends at the search. */
export async function signIn(page, origin, name, password) {
  const answer = await trySignIn(page, origin, name, password);
  assert.equal(answer.status(), 200, await message(page));
  assert.equal(await heading(page), "Whose password?");
}

export const searchBox = (page) => page.getByRole("searchbox");

/** Types into the box and presses Enter. */
export async function find(page, text) {
  await searchBox(page).fill(text);
  return opens(page, () => searchBox(page).press("Enter"));
}

export const people = (page) => page.locator("#people").getByRole("link");

export const accountPath = ({ guid }) => `/accounts/${guid}`;

/** Opens the page of one of the fixtures' accounts. */
export const openAccount = (page, origin, account) => page.goto(origin + accountPath(account));

export const resetButton = (page) => page.getByRole("button", { name: /^Reset .* password$/ });
export const unlockButton = (page) => page.getByRole("button", { name: /^Unlock .* account$/ });

/** The password as the done page shows it. */
export async function shownPassword(page) {
  return page.locator("#password").textContent();
}

/** Signs in as somebody who reads the log and helps nobody; ends there. */
export async function signInAsAuditor(page, origin, { name, password }) {
  const answer = await trySignIn(page, origin, name, password);
  assert.equal(answer.status(), 200, await message(page));
  assert.equal(await heading(page), "Audit log");
}

/** The records in the table of the log, by what they say. */
export const records = (page) => page.locator(".log tbody tr td:nth-child(2)").getByRole("link");
