// A service account that may do too much: Keyward says so on its pages and changes nothing, unless the
// settings accept the danger.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { serveTheArticle } from "../support/article.js";
import { person } from "../support/browser.js";
import { START_PASSWORD, account, domain, restorePassword, witness, witnessMark } from "../support/domain.js";
import { assertGood } from "../support/judges.js";
import { message, openAccount, press, resetButton, signIn } from "../support/pages.js";

const TOO_MUCH = {
  KEYWARD__SERVICE_ACCOUNT__USERNAME: "svc_toomuch",
  KEYWARD__SERVICE_ACCOUNT__PASSWORD: account("svc_toomuch").password,
};
const banner = (page) => page.getByRole("complementary", { name: "Danger" });
const target = account("target.31");

/** The account's page; the first proof after the start takes a moment. */
async function afterTheProof(page, keyward) {
  const end = Date.now() + 30_000;
  do {
    await pause(200);
    await openAccount(page, keyward.origin, target);
  } while ((await message(page)).includes("KW-305") && Date.now() < end);
}

describe("rights too many", () => {
  let keyward;
  before(async () => (keyward = await serveTheArticle({ environment: TOO_MUCH })));
  after(() => keyward?.stop());

  test("nothing is offered, the page says why, and the directory sees no reset", async (t) => {
    const mark = witnessMark();
    const page = await person(t);
    await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
    await afterTheProof(page, keyward);
    assert.match(await message(page), /KW-304/);
    assert.match(await banner(page).innerText(), /changes nothing at the moment.*keyward delegation verify/s);
    assert.equal(await resetButton(page).count(), 0);
    assert.equal(witness("resets", target.cn, mark), 0);
    await assertGood(page);
  });

  test("the verdict is on record, with what was found", () => {
    const records = JSON.parse(keyward.command("audit", "list", "--json"));
    const verdicts = records.filter((record) => record.action === "rights_proven");
    assert.deepEqual(
      verdicts.map(({ result, code }) => [result, code]),
      [["refused", "excess_rights"]],
    );
  });
});

describe("rights too many, and the danger is accepted", () => {
  let keyward;
  const environment = { ...TOO_MUCH, KEYWARD__DELEGATION__DANGER_ALLOW_EXCESS_RIGHTS: "true" };
  before(async () => (keyward = await serveTheArticle({ environment })));
  after(() => keyward?.stop());

  test("a reset works, under a banner on each page", async (t) => {
    t.after(() => restorePassword(target.sam));
    const mark = witnessMark();
    const page = await person(t);
    await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
    await afterTheProof(page, keyward);
    await press(page, resetButton(page));
    assert.match(await banner(page).innerText(), /may do more than it needs/);
    assert.equal(witness("resets", target.cn, mark), 1);
    await assertGood(page);
  });
});
