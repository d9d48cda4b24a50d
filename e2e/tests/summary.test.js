// The log in numbers: pictures for those who see them, tables for everybody.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SCHEMES, SIZES, person } from "../support/browser.js";
import { AUDITOR, LEAD, ONE } from "../support/demo.js";
import { assertFits, assertGoodPage, assertValidPage } from "../support/judges.js";
import { tabTo } from "../support/keyboard.js";
import { startDemo } from "../support/keyward.js";
import { find, heading, opens, press, records, resetButton, signIn, signInAsAuditor, trySignIn } from "../support/pages.js";
import { sample, serveSamples } from "../support/samples.js";
import { shoot } from "../support/shots.js";

let keyward;
let samples;

before(async () => {
  [keyward, samples] = await Promise.all([startDemo(), serveSamples()]);
});
after(async () => {
  samples?.stop();
  await keyward?.stop();
});

test("before anything was reset the page says so", async (t) => {
  const page = await summary(t);
  assert.match(await page.getByRole("main").innerText(), /No resets in this time\./);
  assert.equal(await page.locator(".plot").count(), 0);
  await assertValidPage(page);
});

for (const scripts of [true, false]) {
  test(`resets are counted by day, operator and rule, refusals by cause; ${scripts ? "with" : "without"} scripts`, async (t) => {
    const helper = await person(t, { scripts });
    await trySignIn(helper, keyward.origin, LEAD.name, "wrong");
    await signIn(helper, keyward.origin, LEAD.name, LEAD.password);
    await find(helper, ONE.search);
    await press(helper, resetButton(helper));

    const page = await summary(t, { scripts });
    const [said, done] = /(\d+) passwords? (?:was|were) reset/.exec(await page.locator(".done").textContent());
    assert.ok(Number(done) >= 1, said);
    for (const name of ["By operator", "By rule"]) {
      const table = page.getByRole("table", { name });
      assert.equal(await table.getByRole("cell").first().textContent(), done);
    }
    const refused = page.getByRole("table", { name: "Sign-ins that were refused" });
    assert.equal(await refused.getByRole("link", { name: "Wrong password" }).count(), 1);

    await page.getByText("The numbers", { exact: true }).click();
    const today = page.getByRole("table", { name: "Resets" }).getByRole("row").last();
    assert.equal(await today.getByRole("cell").textContent(), done);
    if (scripts) await assertGoodPage(page);
    await press(page, today.getByRole("link"));
    assert.equal(await records(page).count(), Number(done));
  });
}

test("a bar leads a mouse to its records, and the keyboard goes by the table", async (t) => {
  const page = await summary(t);
  await press(page, page.locator(".plot a").last());
  assert.match(page.url(), /action=reset_password/);
  await page.goBack();
  const tabbable = await page.locator(".plot a").evaluateAll((links) => links.filter((each) => each.tabIndex >= 0));
  assert.deepEqual(tabbable, []);
  await tabTo(page, page.getByRole("table", { name: "By operator" }).getByRole("link").first());
  await opens(page, () => page.keyboard.press("Enter"));
  assert.equal(await heading(page), "What this operator did");
});

test("spans of time stand in the address, and days that cannot be shown are named", async (t) => {
  const page = await summary(t);
  await press(page, page.getByRole("link", { name: "7 days" }));
  assert.match(page.url(), /from=\d{4}-\d\d-\d\d&to=/);
  assert.equal(await page.locator("[aria-current]").textContent(), "7 days");
  for (const [query, words] of [
    ["from=2020-01-01", /At most 366 days/],
    ["from=2026-03-02&to=2026-03-01", /first day is after the last/],
    ["from=yesterday", /That is no day/],
  ]) {
    const answer = await page.goto(`${keyward.origin}/audit/summary?${query}`);
    assert.equal(answer.status(), 422, query);
    assert.match(await page.getByRole("status").innerText(), words);
  }
});

test("a month, a week, a year and far too much fit at 360 px and on paper", async (t) => {
  const page = await person(t);
  for (const name of ["summary", "summary-week", "summary-year", "summary-too-much"]) {
    assert.ok(await sample(`${name}.html`));
    await page.goto(`${samples.origin}/${name}.html`);
    await page.setViewportSize({ ...SIZES.phone, width: 360 });
    await assertFits(page, name);
    await page.emulateMedia({ media: "print" });
    await assertFits(page, `${name}, printed`);
    await page.emulateMedia({ media: null });
    const outside = await page.locator(".plot").evaluate((plot) => {
      const edge = plot.querySelector("svg").getBoundingClientRect();
      const isOut = (box) => box.top < edge.top - 1 || box.bottom > edge.bottom + 1 || box.right > edge.right + 1;
      return [...plot.querySelectorAll("rect")].filter((bar) => isOut(bar.getBoundingClientRect())).length;
    });
    assert.equal(outside, 0, name);
  }
  await page.setViewportSize(SIZES.wide);
  await page.goto(`${samples.origin}/summary.html`);
  await shoot(page, "summary");
});

test("the bars are drawn with forced colours, each in a track of the page's own ground", async (t) => {
  const page = await person(t, { forcedColors: "active" });
  for (const scheme of SCHEMES) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`${samples.origin}/summary.html`);
    const bars = await page.locator(".bar svg, .plot svg").evaluateAll((drawings) =>
      drawings.map((drawing) => {
        const { backgroundColor, borderBottomWidth } = getComputedStyle(drawing);
        const { fill } = getComputedStyle(drawing.querySelector("rect:not(.slot)"));
        return { fill, backgroundColor, borderBottomWidth };
      }),
    );
    const [ground, ink] = await page.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return [backgroundColor, color];
    });
    assert.ok(bars.length > 3);
    assert.notEqual(ground, ink);
    for (const bar of bars) {
      assert.equal(bar.fill, ink, scheme);
      assert.ok([ground, "rgba(0, 0, 0, 0)"].includes(bar.backgroundColor), `${scheme}: ${bar.backgroundColor}`);
      assert.equal(bar.borderBottomWidth, "1px");
    }
  }
});

test("on paper the numbers are dark on white whatever the screen, without what can only be pressed", async (t) => {
  const page = await person(t);
  const look = async (colorScheme) => {
    await page.emulateMedia({ media: "print", colorScheme });
    await page.goto(`${samples.origin}/summary.html`);
    return page.evaluate(() => {
      const colours = (element) => [getComputedStyle(element).color, getComputedStyle(element).fill];
      return [...document.querySelectorAll("h2, p, th, td, .bar, svg")].filter((it) => it.checkVisibility()).map(colours);
    });
  };
  assert.deepEqual(await look("dark"), await look("light"));
  for (const gone of ["nav", "form", "button", "input", "summary", ".button"]) {
    const visible = await page.locator(gone).evaluateAll((all) => all.filter((it) => it.checkVisibility()).length);
    assert.equal(visible, 0, gone);
  }
  assert.match(await page.locator(".over").innerText(), /2026/, "which days it is about");
  await page.emulateMedia({ media: null, colorScheme: null });
});

test("a printed list says what was asked for", async (t) => {
  const page = await person(t);
  await page.emulateMedia({ media: "print" });
  for (const [name, isAsked] of [
    ["audit", false],
    ["audit-history", true],
  ]) {
    await page.goto(`${samples.origin}/${name}.html`);
    assert.equal(await page.locator("search").isVisible(), isAsked, name);
    if (isAsked) assert.equal(await page.getByLabel("Cause").inputValue(), "protected_group");
    if (isAsked) assert.ok(await page.getByLabel("Cause").isVisible());
  }
  await page.emulateMedia({ media: null });
});

async function summary(t, settings = {}) {
  const page = await person(t, settings);
  await signInAsAuditor(page, keyward.origin, AUDITOR);
  await press(page, page.getByRole("link", { name: "Summary" }));
  assert.equal(await heading(page), "Summary");
  return page;
}
