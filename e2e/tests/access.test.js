// Who may help somebody, and why: an auditor comes from a record, asks about others, by keyboard and without scripts.
// And the box for a password that an operator chooses, where a rule lets them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, person } from "../support/browser.js";
import { AUDITOR, LEAD, ONE } from "../support/demo.js";
import { assertFits, assertGoodPage } from "../support/judges.js";
import { tabTo } from "../support/keyboard.js";
import { startDemo } from "../support/keyward.js";
import {
  find,
  heading,
  message,
  opens,
  press,
  records,
  resetButton,
  signIn,
  signInAsAuditor,
} from "../support/pages.js";
import { serveSamples } from "../support/samples.js";
import { shoot } from "../support/shots.js";

let keyward;
let samples;

before(async () => ([keyward, samples] = await Promise.all([startDemo(), serveSamples()])));
after(() => Promise.all([keyward?.stop(), samples?.stop()]));

for (const scripts of [true, false]) {
  test(`from a record to why, by keyboard alone, ${scripts ? "with" : "without"} scripts`, async (t) => {
    await somethingHappened(t);
    const page = await person(t, { scripts });
    await signInAsAuditor(page, keyward.origin, AUDITOR);
    await press(page, records(page).filter({ hasText: /reset .* password$/ }).first());
    const enter = () => opens(page, () => page.keyboard.press("Enter"));
    await tabTo(page, page.getByRole("link", { name: "what this operator may do to this person" }));
    await enter();
    assert.equal(await heading(page), `Who may help ${ONE.name}?`);
    assert.equal(await page.getByLabel("Operator").inputValue(), LEAD.name);
    assert.match(await message(page), /Reset the password · yes, by the rule “reset_group”/);
    if (scripts) {
      await assertGoodPage(page);
      await shoot(page, "access");
    }

    await tabTo(page, page.getByLabel("Operator"));
    await page.keyboard.press("Control+A");
    await page.keyboard.type("nobody.at.all");
    await enter();
    assert.match(await message(page), /Nobody has this name.*KW-216/);
    if (scripts) await assertGoodPage(page);
  });
}

test("nobody has to scroll sideways at 360 px, whatever was typed", async (t) => {
  await somethingHappened(t);
  const page = await person(t);
  await signInAsAuditor(page, keyward.origin, AUDITOR);
  await press(page, records(page).filter({ hasText: /reset .* password$/ }).first());
  await press(page, page.getByRole("link", { name: "what this operator may do to this person" }));
  await page.setViewportSize({ ...SIZES.phone, width: 360 });
  const { pathname } = new URL(page.url());
  const long = "x".repeat(256);
  for (const query of ["", `?operator=${LEAD.name}`, `?operator=${long}`, `?operator=${LEAD.name}&from=${long}`]) {
    await page.goto(keyward.origin + pathname + query);
    await assertFits(page, query);
  }
});

test("whoever only helps has no way there", async (t) => {
  const page = await somethingHappened(t);
  await page.goto(keyward.origin);
  await find(page, ONE.search);
  assert.equal(await page.getByRole("link", { name: "Who may help this person" }).count(), 0);
  const answer = await page.goto(`${page.url()}/access`);
  assert.equal(answer.status(), 404);
});

test("a chosen password can be looked at before it is sent, and is hidden again on its way", async (t) => {
  const page = await person(t);
  const sent = [];
  await page.route("**/reset", (route) => {
    sent.push(new URLSearchParams(route.request().postData()));
    return route.fulfill({ contentType: "text/html", body: "<!DOCTYPE html><title>sent</title>" });
  });
  await page.goto(`${samples.origin}/account-typed.html`);
  const box = page.getByLabel("New password, if you choose it");
  await box.fill("Tulip Radar+47");
  assert.equal(await box.getAttribute("type"), "password");
  await page.getByRole("button", { name: "Show password" }).click();
  assert.equal(await box.getAttribute("type"), "text");
  await press(page, resetButton(page));
  assert.equal(sent.length, 1);
  assert.equal(sent[0].get("password"), "Tulip Radar+47");
});

test("without scripts a chosen password stays hidden, and an empty box is sent as such", async (t) => {
  const page = await person(t, { scripts: false });
  await page.goto(`${samples.origin}/account-typed.html`);
  assert.equal(await page.getByRole("button", { name: "Show password" }).count(), 0);
  const box = page.getByLabel("New password, if you choose it");
  assert.deepEqual([await box.getAttribute("type"), await box.inputValue()], ["password", ""]);
});

/** A reset; ends at the new password. */
async function somethingHappened(t) {
  const page = await person(t);
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);
  await find(page, ONE.search);
  await press(page, resetButton(page));
  return page;
}
