// The audit log in the browser, for somebody who reads it and helps nobody: filters, a record with its proof,
// histories, the file; by keyboard, without scripts, in every look.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { SIZES, person } from "../support/browser.js";
import { AUDITOR, LEAD, ONE, PROTECTED } from "../support/demo.js";
import { assertFits, assertGoodPage } from "../support/judges.js";
import { tabTo } from "../support/keyboard.js";
import { startDemo } from "../support/keyward.js";
import {
  find,
  heading,
  opens,
  press,
  records,
  resetButton,
  signIn,
  signInAsAuditor,
  trySignIn,
} from "../support/pages.js";
import { shoot } from "../support/shots.js";

let keyward;

before(async () => (keyward = await startDemo()));
after(() => keyward?.stop());

const RESET = /reset .* password$/;

test("what operators do is in the log, each record opens, and its line has the hash that is shown", async (t) => {
  const page = await auditor(t, await somethingHappened(t));
  await assertGoodPage(page);
  await shoot(page, "audit");
  await press(page, records(page).filter({ hasText: RESET }).first());
  assert.match(await heading(page), /^Record \d+$/);
  await assertGoodPage(page);
  await shoot(page, "audit-record");

  const [line, leaf] = await Promise.all(["line", "leaf"].map((id) => page.locator(`#the-${id}`).textContent()));
  assert.equal(JSON.parse(line).action, "reset_password");
  const hash = createHash("sha256").update(Buffer.concat([Buffer.of(0), Buffer.from(line)]));
  assert.equal(leaf.trim(), hash.digest("base64"));
});

for (const scripts of [true, false]) {
  test(`by keyboard alone, ${scripts ? "with" : "without"} scripts: filter, open a record, go to a history`, async (t) => {
    const page = await auditor(t, { scripts });
    const enter = () => opens(page, () => page.keyboard.press("Enter"));
    await tabTo(page, page.getByText("More filters", { exact: true }));
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByLabel("Result"));
    await page.keyboard.type("done");
    await tabTo(page, page.getByLabel("Operator's account"));
    await page.keyboard.type(LEAD.name);
    await enter();
    assert.equal(await heading(page), "What this operator did");
    assert.match(page.url(), /result=ok/);
    assert.ok((await records(page).count()) >= 2, "a sign-in and a reset");
    assert.equal(await page.getByText("refused", { exact: true }).locator("visible=true").count(), 0);

    await tabTo(page, records(page).filter({ hasText: RESET }).first());
    await enter();
    await tabTo(page, page.getByRole("link", { name: "all about this person" }));
    await enter();
    assert.equal(await heading(page), "What was done to this person");
    for (const said of await records(page).allTextContents()) {
      // Who looked at the history before is part of it.
      assert.match(said, /florian\.eder|looked at the audit log/);
    }
  });
}

test("the records that are shown can be taken away as a file", async (t) => {
  const page = await auditor(t);
  await page.goto(`${keyward.origin}/audit?action=reset_password`);
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "All of these as a CSV file" }).click(),
  ]);
  const [head, ...rows] = (await readFile(await file.path(), "utf8")).trimEnd().split(/\r?\n/);
  assert.match(head, /^\ufeff?seq,time,action/);
  assert.ok(rows.length >= 2 && rows.every((row) => row.includes("reset_password")), rows.join("\n"));
});

test("nobody has to scroll sideways at 360 px, with the filters open and a name as long as any", async (t) => {
  const page = await auditor(t);
  await page.setViewportSize({ ...SIZES.phone, width: 360 });
  const long = "x".repeat(64);
  for (const query of ["", "?result=refused", `?q=${long}`, `?operator=${long}`, "?from=2020-02-03&to=2020-02-01"]) {
    await page.goto(`${keyward.origin}/audit${query}`);
    await page.getByText("More filters", { exact: true }).click();
    await assertFits(page, query);
  }
});

test("whoever only helps finds no log", async (t) => {
  const page = await person(t);
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);
  assert.equal(await page.getByRole("link", { name: "Audit log" }).count(), 0);
  for (const path of ["/audit", "/audit/0", "/audit.csv", "/audit/summary"]) {
    const answer = await page.goto(keyward.origin + path);
    assert.equal(answer.status(), 404, path);
  }
});

/** A reset, a look at somebody protected, a wrong password. */
async function somethingHappened(t) {
  const page = await person(t);
  await trySignIn(page, keyward.origin, LEAD.name, "wrong");
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);
  await find(page, PROTECTED.search);
  await page.goto(keyward.origin);
  await find(page, ONE.search);
  await press(page, resetButton(page));
}

async function auditor(t, settings = {}) {
  const page = await person(t, settings);
  await signInAsAuditor(page, keyward.origin, AUDITOR);
  return page;
}
