// The pages as they are served, in both schemes and both sizes, before axe and html-validate. The shots of
// docs/ are made on the way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, person } from "../support/browser.js";
import { DISABLED, HANDFUL, LEAD, LOCKED, ONE, PROTECTED } from "../support/demo.js";
import { assertGoodPage, assertValidPage } from "../support/judges.js";
import { startDemo } from "../support/keyward.js";
import { find, heading, press, resetButton, signIn, trySignIn } from "../support/pages.js";
import { shoot } from "../support/shots.js";

let keyward;

before(async () => (keyward = await startDemo()));
after(() => keyward?.stop());

test("sign in", async (t) => {
  const page = await person(t);
  await page.goto(`${keyward.origin}/sign-in`);
  await assertGoodPage(page);
});

test("sign in, refused", async (t) => {
  const page = await person(t);
  await trySignIn(page, keyward.origin, LEAD.name, "wrong");
  await assertGoodPage(page);
});

test("the search: nobody helped yet, several found, nobody found", async (t) => {
  const page = await signedIn(t);
  await assertGoodPage(page);
  await find(page, HANDFUL);
  assert.ok((await page.locator(".chip").count()) >= 2);
  await assertGoodPage(page);
  await shoot(page, "search");
  await find(page, "xyzzyx");
  await assertGoodPage(page);
});

for (const [what, who] of Object.entries({ locked: LOCKED, disabled: DISABLED, protected: PROTECTED })) {
  test(`an account that is ${what}`, async (t) => {
    const page = await signedIn(t);
    await find(page, who.search);
    assert.equal(await heading(page), who.name);
    await assertGoodPage(page);
  });
}

test("an account, and the done page", async (t) => {
  const page = await signedIn(t);
  await find(page, ONE.search);
  await assertGoodPage(page);
  await assertOnFirstScreen(page, resetButton(page));
  await shoot(page, "account");
  await page.getByText("More", { exact: true }).click();
  await assertGoodPage(page);
  await press(page, resetButton(page));
  await assertGoodPage(page);
  await shoot(page, "done");
  await page.getByText("Spell it", { exact: true }).click();
  await assertGoodPage(page);
});

const WRONG = [
  ["an address that nobody has", 404, (page) => page.goto(`${keyward.origin}/nowhere`)],
  [
    "an account that nobody has",
    404,
    (page) => page.goto(`${keyward.origin}/accounts/00000000-0000-4000-8000-000000000000`),
  ],
  ["an address that is not opened directly", 405, (page) => page.goto(`${keyward.origin}/sign-out`)],
  ["an unknown parameter", 400, (page) => page.goto(`${keyward.origin}/?x=1`)],
  ["a form that is not ours", 403, (page) => sendTampered(page, (form) => (form.elements.csrf.value = "x"))],
  ["a form without its token", 403, (page) => sendTampered(page, (form) => form.elements.csrf.remove())],
  [
    "an unknown field",
    400,
    (page) => sendTampered(page, (form) => (form.elements.must_change.name = "what")),
  ],
  [
    "a body that is too large",
    413,
    (page) => sendTampered(page, (form) => (form.elements.csrf.value = "x".repeat(70_000))),
  ],
];

for (const [what, status, open] of WRONG) {
  test(`${what}: ${status}, in words and with a way on`, async (t) => {
    const page = await signedIn(t);
    const answer = await open(page);
    assert.equal(answer.status(), status);
    await assertValidPage(page);
    assert.match(await page.getByRole("main").innerText(), /Nothing was changed\.[\s\S]*KW-\d\d\d/);
    await press(page, page.locator(".act").getByRole("link"));
    assert.equal(await heading(page), "Whose password?");
  });
}

/** The reset form of a person, changed by `change` and sent. */
async function sendTampered(page, change) {
  await find(page, ONE.search);
  await page.locator("form[action$='/reset']").evaluate(change);
  return press(page, resetButton(page));
}

async function signedIn(t) {
  const page = await person(t);
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);
  return page;
}

/** Nobody has to scroll for the next step. */
async function assertOnFirstScreen(page, what) {
  for (const size of Object.values(SIZES)) {
    await page.setViewportSize(size);
    const { y, height } = await what.boundingBox();
    assert.ok(y >= 0 && y + height <= size.height, `${y + height} of ${size.height} px`);
  }
}
