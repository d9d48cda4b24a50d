// Who is turned away by a real domain controller, with what sentence, and what that tells a guesser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serveTheArticle } from "../support/article.js";
import { person } from "../support/browser.js";
import {
  START_PASSWORD,
  clearWrongPasswords,
  domain,
  lockOut,
  witness,
  witnessMark,
} from "../support/domain.js";
import { assertValidPage } from "../support/judges.js";
import { heading, message, signIn, signInForm, trySignIn } from "../support/pages.js";

const GENERIC = "This name and password do not open Keyward.";

let keyward;

before(async () => (keyward = await serveTheArticle()));
after(() => keyward?.stop());

const OWN_SENTENCES = [
  ["lead.disabled", "Your own account is disabled.", "KW-104"],
  ["lead.expired", "Your own account has expired.", "KW-105"],
  ["lead.mustchange", "Your own password must be changed before you can sign in here.", "KW-102"],
  ["lead.pwdexpired", "Your own password has expired.", "KW-103"],
  ["lead.hours", "Your account may not be used at this time of day.", "KW-106"],
];

for (const [name, sentence, code] of OWN_SENTENCES) {
  test(`${name} with the right password is told why: ${sentence}`, async (t) => {
    clearWrongPasswords(name);
    const page = await person(t);
    const answer = await trySignIn(page, keyward.origin, name, START_PASSWORD);
    assert.equal(answer.status(), 403);
    await assertTurnedAway(page, name, sentence, code);
  });
}

test("a locked operator gets the sentence that everybody gets", async (t) => {
  lockOut("lead.locked");
  const page = await person(t);
  const answer = await trySignIn(page, keyward.origin, "lead.locked", START_PASSWORD);
  assert.equal(answer.status(), 401);
  await assertTurnedAway(page, "lead.locked", GENERIC, "KW-101");
});

test("a non-member gets it too, and the domain controller sees no authentication at all", async (t) => {
  const mark = witnessMark();
  const page = await person(t);
  for (const password of [START_PASSWORD, "not-the-password"]) {
    const answer = await trySignIn(page, keyward.origin, "norma.nobody", password);
    assert.equal(answer.status(), 401);
    await assertTurnedAway(page, "norma.nobody", GENERIC, "KW-101");
  }
  assert.equal(witness("sign-ins", "norma.nobody", mark), 0);
});

test("unknown, wrong and not an operator look the same to the last byte", async (t) => {
  for (const name of ["lead.spare20", "lead.disabled"]) clearWrongPasswords(name);
  const page = await person(t);
  const pages = [];
  for (const [name, password] of [
    ["nobody.at.all", START_PASSWORD],
    ["alice.able", START_PASSWORD],
    ["lead.spare20", "not-the-password"],
    ["lead.disabled", "not-the-password"],
  ]) {
    const answer = await trySignIn(page, keyward.origin, name, password);
    const html = await answer.text();
    pages.push(html.replaceAll(name, "NAME").replace(/name="csrf" value="[^"]+"/, "csrf"));
  }
  for (const other of pages.slice(1)) assert.equal(other, pages[0]);
});

test("an operator comes in with each spelling of the name", async (t) => {
  for (const name of ["lead.direct", "LEAD.DIRECT", "EXAMPLE\\lead.direct", "lead.direct@example.test"]) {
    const page = await person(t);
    await signIn(page, keyward.origin, name, START_PASSWORD);
    assert.equal(await page.locator(".me").textContent(), "Dirk Direct");
  }
});

test("over TLS the session's cookie is bound to this host and out of reach of scripts", async (t) => {
  const environment = {
    KEYWARD__WEB__TLS_CERT: `${domain.dc.tls_dir}/web.pem`,
    KEYWARD__WEB__TLS_KEY: `${domain.dc.tls_dir}/web.key.pem`,
  };
  const secure = await serveTheArticle({ environment });
  t.after(secure.stop);
  const page = await person(t, { ignoreHTTPSErrors: true });
  await signIn(page, secure.origin, "lead.direct", START_PASSWORD);
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map(({ name, secure: isSecure, httpOnly, sameSite, path }) => [
      name,
      isSecure,
      httpOnly,
      sameSite,
      path,
    ]),
    [["__Host-keyward", true, true, "Strict", "/"]],
  );
});

/** The form again: the name is kept, the password is not, the notice is announced. */
async function assertTurnedAway(page, name, sentence, code) {
  assert.equal(await heading(page), "Sign in");
  const alert = page.getByRole("alert");
  assert.ok((await alert.innerText()).includes(sentence), await message(page));
  assert.ok((await alert.innerText()).includes(code), await message(page));
  assert.equal(await signInForm(page).name.inputValue(), name);
  assert.equal(await signInForm(page).password.inputValue(), "");
  assert.equal((await page.context().cookies()).filter(({ name: cookie }) => cookie === "keyward").length, 0);
  await assertValidPage(page);
}
