// Where a reason is wanted: asked for before, kept when it does not do, recorded when it does.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serveTheArticle } from "../support/article.js";
import { person } from "../support/browser.js";
import { START_PASSWORD, account, restorePassword, witness, witnessMark } from "../support/domain.js";
import { assertGood, assertValidPage } from "../support/judges.js";
import { heading, message, openAccount, press, resetButton, signIn } from "../support/pages.js";

const HINT = "The number of the ticket, such as INC123456";

let keyward;

before(async () => {
  keyward = await serveTheArticle({
    environment: {
      KEYWARD__RESET__REASON_REQUIRED: "true",
      KEYWARD__RESET__REASON_PATTERN: "INC[0-9]{6}.*",
      KEYWARD__RESET__REASON_HINT: HINT,
    },
  });
});
after(() => keyward?.stop());

const WITHOUT_A_REASON = ["   ", "because"];

for (const scripts of [true, false]) {
  test(`nothing is done without a reason that fits; ${scripts ? "with" : "without"} scripts`, async (t) => {
    const name = scripts ? "target.14" : "target.15";
    t.after(() => restorePassword(name));
    const page = await person(t, { scripts });
    await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
    await openAccount(page, keyward.origin, account(name));
    const mark = witnessMark();
    const reason = page.getByRole("textbox", { name: "Reason" });

    for (const typed of WITHOUT_A_REASON) {
      await reason.fill(typed);
      assert.equal((await press(page, resetButton(page))).status(), 422);
      assert.equal(await reason.inputValue(), typed.trim(), "typed text is kept");
      assert.equal(await reason.getAttribute("aria-invalid"), "true");
      const said = await message(page);
      assert.ok(said.includes(HINT) && said.includes("Nothing was changed."), said);
      await assertValidPage(page);
    }
    if (scripts) await assertGood(page);
    assert.equal(witness("resets", account(name).cn, mark), 0);

    await reason.fill("INC123456 forgotten after holiday");
    assert.equal((await press(page, resetButton(page))).status(), 200);
    assert.match(await heading(page), /new password$/);
    assert.equal(witness("resets", account(name).cn, mark), 1);
    const records = keyward
      .command("audit", "export")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const attempt = records.find(
      ({ phase, target }) => phase === "attempt" && target?.guid === account(name).guid,
    );
    assert.equal(attempt.reason, "INC123456 forgotten after holiday");
  });
}
