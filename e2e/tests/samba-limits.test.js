// What a signed-in operator still may not do: other people's OUs, administrators, and anything at all
// once taken out of the group.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { serveTheArticle } from "../support/article.js";
import { person } from "../support/browser.js";
import {
  START_PASSWORD,
  account,
  addMember,
  change,
  domain,
  removeMember,
  witness,
  witnessMark,
} from "../support/domain.js";
import { assertValidPage } from "../support/judges.js";
import {
  accountPath,
  find,
  heading,
  message,
  openAccount,
  people,
  press,
  resetButton,
  searchBox,
  signIn,
  unlockButton,
} from "../support/pages.js";

let keyward;

before(async () => (keyward = await serveTheArticle()));
after(() => keyward?.stop());

test("an account outside user_ou is a 404, the same as one that does not exist", async (t) => {
  const page = await person(t);
  await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
  const missing = await notFound(page, { guid: randomUUID() });
  for (const name of ["otto.outside", "xaver.xstaff", "fake.inside"]) {
    assert.equal(await notFound(page, account(name)), missing, name);
  }
});

test("the search finds nobody outside user_ou", async (t) => {
  const page = await person(t);
  await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
  for (const text of ["otto.outside", "Otto Outside", "xaver", "Keyward service"]) {
    await find(page, text);
    assert.equal(await people(page).count(), 0, text);
    assert.equal(await searchBox(page).inputValue(), text);
  }
});

const PROTECTED = [
  ["adam.admin", "KW-314", "Domain Admins, direct"],
  ["anna.nested", "KW-314", "Domain Admins, nested"],
  ["pia.primary", "KW-314", "Domain Admins as primary group"],
  ["bea.backup", "KW-314", "a built-in group"],
  ["stale.admincount", "KW-315", "adminCount"],
  ["olga.operator", "KW-316", "a peer"],
];

for (const [name, code, why] of PROTECTED) {
  test(`${name} inside user_ou is shown as protected (${why}), without a button`, async (t) => {
    const page = await person(t);
    await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
    await openAccount(page, keyward.origin, account(name));
    assert.equal(await heading(page), account(name).display_name);
    const said = await message(page);
    assert.ok(said.includes("Protected") && said.includes(code), said);
    assert.equal(await resetButton(page).count(), 0);
    assert.equal(await unlockButton(page).count(), 0);
    await assertValidPage(page);
  });
}

test("whoever becomes a Domain Admin between the page and the button is refused", async (t) => {
  const name = "target.02";
  const page = await person(t);
  await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
  await openAccount(page, keyward.origin, account(name));
  const mark = witnessMark();
  addMember("Domain Admins", name);
  t.after(() => {
    removeMember("Domain Admins", name);
    change(account(name).dn, "replace: adminCount\n");
  });

  const answer = await press(page, resetButton(page));
  assert.equal(answer.status(), 403);
  const said = await message(page);
  assert.ok(
    said.includes("Only administrators may reset it. Nothing was changed.") && said.includes("KW-314"),
    said,
  );
  assert.equal(witness("resets", account(name).cn, mark) + witness("refused", account(name).cn, mark), 0);
  await assertValidPage(page);
});

test("one form does not open another account", async (t) => {
  const page = await person(t);
  await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
  await openAccount(page, keyward.origin, account("target.03"));
  const mark = witnessMark();
  await page.evaluate(
    (path) => {
      document.querySelector("form[action$='/reset']").action = `${path}/reset`;
    },
    accountPath(account("adam.admin")),
  );
  const answer = await press(page, resetButton(page));
  assert.equal(answer.status(), 403);
  assert.match(await message(page), /KW-201/);
  assert.equal(witness("resets", undefined, mark), 0);
});

test("who is taken out of the group while signed in can do nothing more", async (t) => {
  const name = "lead.spare7";
  const page = await person(t);
  await signIn(page, keyward.origin, name, START_PASSWORD);
  await openAccount(page, keyward.origin, account("target.04"));
  const mark = witnessMark();
  removeMember(domain.reset_group, name);
  t.after(() => addMember(domain.reset_group, name));

  const answer = await press(page, resetButton(page));
  assert.equal(answer.status(), 403);
  assert.match(await message(page), /You may not reset passwords any more.*Nothing was changed\..*KW-301/);
  assert.equal(
    witness("resets", account("target.04").cn, mark) + witness("refused", account("target.04").cn, mark),
    0,
  );

  await page.goto(keyward.origin);
  assert.equal(await heading(page), "Sign in");
  await openAccount(page, keyward.origin, account("target.04"));
  assert.equal(await heading(page), "Sign in");
});

/** The page of an account that is a 404, without what differs from one answer to the next. */
async function notFound(page, target) {
  const answer = await openAccount(page, keyward.origin, target);
  assert.equal(answer.status(), 404);
  assert.equal(await heading(page), "Not found");
  const html = await answer.text();
  return html.replaceAll(target.guid, "GUID").replace(/name="csrf" value="[^"]+"/g, "csrf");
}
