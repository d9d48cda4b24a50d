// The whole main job with the article's config.ini against a real domain controller, proven by programs
// that log on as the person does.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, before, test } from "node:test";
import { serveTheArticle } from "../support/article.js";
import { person } from "../support/browser.js";
import { kinit, ldapBind, smbLogOn } from "../support/clients.js";
import {
  START_PASSWORD,
  account,
  domain,
  lockOut,
  restorePassword,
  witness,
  witnessMark,
} from "../support/domain.js";
import {
  find,
  heading,
  message,
  press,
  resetButton,
  shownPassword,
  signIn,
  unlockButton,
} from "../support/pages.js";

const NEW_PASSWORD = "Our-Own-Default-2026!";
const OWN_CHOICE = `Chosen-By-Herself-${randomInt(1_000_000)}`; // the domain remembers those of earlier runs

let withOnePassword;
let withPassphrases;

before(async () => {
  withOnePassword = await serveTheArticle({ new_password: NEW_PASSWORD });
  withPassphrases = await serveTheArticle();
});
after(async () => {
  await withOnePassword?.stop();
  await withPassphrases?.stop();
});

test("with the article's config.ini a lead by a nested group resets alice, who then logs on", async (t) => {
  t.after(() => restorePassword("alice.able"));
  assertOpens("alice.able", START_PASSWORD);
  const mark = witnessMark();

  const page = await person(t);
  const password = await resetByTeamLead(page, withOnePassword, "alice able", "Alice Able");
  assert.equal(password, NEW_PASSWORD);
  assert.equal(witness("resets", account("alice.able").cn, mark), 1);

  assertNoLongerOpens("alice.able", START_PASSWORD);
  assertDemandsAChange("alice.able", password, OWN_CHOICE);
});

test("without new_password in the file each reset makes a passphrase, and it works as well", async (t) => {
  t.after(() => restorePassword("bob.baker"));
  assertOpens("bob.baker", START_PASSWORD);

  const page = await person(t);
  const password = await resetByTeamLead(page, withPassphrases, "bob.baker", "Bob Baker");
  assert.match(password, /^[A-Za-z]+(-[A-Za-z0-9]+)+$/);

  assertNoLongerOpens("bob.baker", START_PASSWORD);
  assertDemandsAChange("bob.baker", password, OWN_CHOICE);
});

test("a person who is locked and knows the password is unlocked, and logs on with it", async (t) => {
  t.after(() => lockOut("lou.locked"));
  lockOut("lou.locked");
  assert.match(ldapBind("lou.locked", START_PASSWORD).said, /data 775/);
  const mark = witnessMark();

  const page = await person(t);
  await signIn(page, withPassphrases.origin, "lead.lena", START_PASSWORD);
  await find(page, "lou.locked");
  assert.match(await message(page), /Locked since .* after .* wrong passwords; unlocks itself/);
  await press(page, unlockButton(page));
  assert.match(await page.getByRole("status").innerText(), /^Lou Locked's account is unlocked\./);

  assertOpens("lou.locked", START_PASSWORD);
  assert.equal(witness("resets", account("lou.locked").cn, mark), 0);
});

test("a reset of a locked person unlocks in the same step", async (t) => {
  const name = "target.05";
  t.after(() => restorePassword(name));
  lockOut(name);
  const page = await person(t);
  await signIn(page, withPassphrases.origin, "lead.lena", START_PASSWORD);
  await find(page, name);
  await press(page, resetButton(page));
  assert.match(await message(page), /and the account is unlocked\./);
  assertDemandsAChange(name, await shownPassword(page), OWN_CHOICE);
});

test("the record has the attempt before the outcome, and no password anywhere", async (t) => {
  t.after(() => restorePassword("target.01"));
  const page = await person(t);
  const password = await resetByTeamLead(page, withPassphrases, "target.01", account("target.01").cn);

  const exported = withPassphrases.command("audit", "export");
  const records = exported
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const ofTarget = records.filter(
    ({ target, action }) => target?.guid === account("target.01").guid && action === "reset_password",
  );
  assert.deepEqual(
    ofTarget.map(({ phase, result }) => [phase, result]),
    [
      ["attempt", undefined],
      ["outcome", "ok"],
    ],
  );
  assert.equal(ofTarget[1].attempt, ofTarget[0].seq);
  assert.equal(ofTarget[0].operator.sid, account("lead.lena").sid);
  for (const secret of [password, START_PASSWORD, domain.service_account.password]) {
    assert.ok(!exported.includes(secret));
    assert.ok(!withPassphrases.output.includes(secret));
  }
});

/** The whole way through the pages; the password that is shown at its end. */
async function resetByTeamLead(page, { origin }, text, name) {
  await signIn(page, origin, "lead.lena", START_PASSWORD);
  await find(page, text);
  assert.equal(await heading(page), name);
  const answer = await press(page, resetButton(page));
  assert.equal(answer.status(), 200, await message(page));
  assert.equal(await heading(page), `${name}'s new password`);
  assert.match(
    await message(page),
    /Read back from the directory .*: the new password is set, and it must be changed at the next logon\./,
  );
  return shownPassword(page);
}

function assertOpens(name, password) {
  for (const logOn of [kinit, ldapBind, smbLogOn]) {
    const { ok, said } = logOn(name, password);
    assert.ok(ok, `${logOn.name}: ${said}`);
  }
}

function assertNoLongerOpens(name, password) {
  assert.match(ldapBind(name, password).said, /data 52e/);
  assert.match(smbLogOn(name, password).said, /NT_STATUS_LOGON_FAILURE/);
  assert.match(kinit(name, password).said, /Password incorrect/);
}

/** The new password opens nothing but the change to an own one, and that one opens everything. */
function assertDemandsAChange(name, password, own) {
  assert.match(ldapBind(name, password).said, /data 773/);
  assert.match(smbLogOn(name, password).said, /NT_STATUS_PASSWORD_MUST_CHANGE/);
  const { ok, askedForChange, said } = kinit(name, password, own);
  assert.ok(ok && askedForChange, said);
  assertOpens(name, own);
}
