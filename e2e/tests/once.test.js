// A form works once: a double click, a form sent from two tabs, a page loaded again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serveTheArticle } from "../support/article.js";
import { anotherTab, person } from "../support/browser.js";
import { START_PASSWORD, account, restorePassword, witness, witnessMark } from "../support/domain.js";
import { assertGood, assertValidPage } from "../support/judges.js";
import {
  heading,
  message,
  openAccount,
  opens,
  press,
  resetButton,
  shownPassword,
  signIn,
} from "../support/pages.js";

let keyward;

before(async () => (keyward = await serveTheArticle()));
after(() => keyward?.stop());

const USED = /The form for this person was sent a second time\. The second time did nothing\..*KW-202/;

test("a double click on the button resets once and shows the password", async (t) => {
  const { page, resets } = await atTheButton(t, "target.10", { scripts: true });
  await opens(page, () => resetButton(page).dblclick());
  assert.match(await heading(page), /new password$/);
  assert.ok(await shownPassword(page));
  assert.equal(resets(), 1);
});

test("without scripts a double click resets once as well, and says that the form was used", async (t) => {
  const { page, resets } = await atTheButton(t, "target.11", { scripts: false });
  await resetButton(page).dblclick();
  await page.getByText("KW-202").or(page.locator("#password")).waitFor();
  assert.equal(resets(), 1);
});

test("a form sent from two tabs is done by the first and answered with 409 to the second", async (t) => {
  const { page, resets } = await atTheButton(t, "target.12", { scripts: true });
  const token = await resetToken(page).getAttribute("value");
  const copy = await anotherTab(t, page);
  await openAccount(copy, keyward.origin, account("target.12"));
  await resetToken(copy).evaluate((field, value) => (field.value = value), token);

  assert.equal((await press(page, resetButton(page))).status(), 200);
  const answer = await press(copy, resetButton(copy));
  assert.equal(answer.status(), 409);
  assert.match(await message(copy), USED);
  assert.equal(resets(), 1);
  await assertValidPage(copy);
  await assertGood(copy);
  await press(copy, copy.getByRole("link", { name: "Go to the person's page" }));
  assert.equal(await heading(copy), account("target.12").cn);
});

test("loading the done page again does nothing and shows no password", async (t) => {
  const { page, resets } = await atTheButton(t, "target.13", { scripts: true });
  await press(page, resetButton(page));
  const password = await shownPassword(page);
  const answer = await opens(page, () => page.reload());
  assert.equal(answer.status(), 409);
  assert.match(await message(page), USED);
  assert.ok(!(await page.content()).includes(password));
  assert.equal(resets(), 1);
});

/** A lead before the reset button of a person whose resets are counted by the domain controller. */
async function atTheButton(t, name, options) {
  t.after(() => restorePassword(name));
  const page = await person(t, options);
  await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
  await openAccount(page, keyward.origin, account(name));
  const mark = witnessMark();
  return { page, resets: () => witness("resets", account(name).cn, mark) };
}

const resetToken = (page) => page.locator("form[action$='/reset'] input[name=csrf]");
