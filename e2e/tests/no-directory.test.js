// No domain controller answers: an honest 503 in at most five seconds, and the other pages still work.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { person } from "../support/browser.js";
import { assertGood, assertValidPage } from "../support/judges.js";
import { articleIni, startServe } from "../support/keyward.js";
import { heading, message, signInForm, trySignIn } from "../support/pages.js";

let keyward;

before(async () => {
  const ini = articleIni({
    ad: {
      server: "ldaps://127.0.0.1:1",
      domain: "NOWHERE",
      user_ou: "OU=Staff,DC=nowhere,DC=test",
      reset_group: "Password Resetters",
    },
    service_account: { username: "svc_passwordreset", password: "Nobody-Asks-For-1t" },
  });
  keyward = await startServe(ini);
});
after(() => keyward?.stop());

test("the sign-in page says what happened, keeps the name and gives up within five seconds", async (t) => {
  const page = await person(t);
  const start = performance.now();
  const answer = await trySignIn(page, keyward.origin, "lead.lena", "Start-Pass-123!");
  assert.ok(performance.now() - start < 5_000);
  assert.equal(answer.status(), 503);
  assert.equal(await heading(page), "Sign in");
  assert.match(await message(page), /The directory did not answer\..*KW-601/);
  assert.equal(await signInForm(page).name.inputValue(), "lead.lena");
  assert.equal(await signInForm(page).password.inputValue(), "");
  await assertValidPage(page);
  await assertGood(page);
});

test("it is alive and not ready, and says no more than that", async () => {
  assert.equal((await fetch(`${keyward.origin}/healthz`)).status, 200);
  const ready = await fetch(`${keyward.origin}/readyz`);
  assert.equal(ready.status, 503);
  const text = await ready.text();
  assert.match(text, /directory/);
  assert.doesNotMatch(text, /127\.0\.0\.1|ldaps|nowhere/i);
});
