// Names that break parsers and pages, as a real directory returns them: shown, and inert.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serveTheArticle } from "../support/article.js";
import { assertQuiet, person } from "../support/browser.js";
import { START_PASSWORD, account, domain, restorePassword } from "../support/domain.js";
import { assertFits, assertValidPage } from "../support/judges.js";
import { find, heading, openAccount, people, press, resetButton, signIn } from "../support/pages.js";

const names = Object.keys(domain.accounts).filter((name) => name.startsWith("odd.") || name === "zoë.größe");
const marked = (text) =>
  text.replace(
    /[\p{Cc}\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f]/gu,
    (hidden) => `[U+${hidden.codePointAt().toString(16).toUpperCase().padStart(4, "0")}]`,
  );

let keyward;

before(async () => (keyward = await serveTheArticle()));
after(() => keyward?.stop());

test("each odd name is the heading of its page, as text, and the page stays whole on a phone", async (t) => {
  const page = await person(t, { size: "phone" });
  await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
  for (const name of names) {
    await t.test(name, async () => {
      const { display_name: shown, cn } = account(name);
      await openAccount(page, keyward.origin, account(name));
      assert.equal(await heading(page), marked(shown ?? cn).trim());
      await assertFits(page);
      await assertValidPage(page);
      assertQuiet(page);
    });
  }
});

test("all of them in one list do no harm and do not widen it", async (t) => {
  const page = await person(t, { size: "phone" });
  await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
  await find(page, "odd.");
  assert.ok((await people(page).count()) > 20);
  const shown = await page.locator("#people .name").allTextContents();
  assert.ok(
    shown.includes("<script>alert(1)</script>") && shown.includes('" autofocus onfocus="alert(1)'),
    shown.join("\n"),
  );
  await assertFits(page);
  await assertValidPage(page);
});

for (const name of ["odd.markup", "odd.long.name.20char", "odd.arabic"]) {
  test(`the done page of ${name} is whole, too`, async (t) => {
    t.after(() => restorePassword(name));
    const page = await person(t, { size: "phone" });
    await signIn(page, keyward.origin, "lead.direct", START_PASSWORD);
    await openAccount(page, keyward.origin, account(name));
    const answer = await press(page, resetButton(page));
    assert.equal(answer.status(), 200);
    await assertFits(page);
    await assertValidPage(page);
  });
}
