// Judges of a page that are not ours, axe and html-validate, and the measures of design/ui.md: targets,
// widths, what stays visible with forced colours, what stands still.

import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { HtmlValidate } from "html-validate";
import { SCHEMES, SIZES, documentOf } from "./browser.js";

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended", "html-validate:a11y", "html-validate:document"],
  rules: {
    // The style sheet and the script come from where the page comes from.
    "require-sri": ["error", { target: "crossorigin" }],
    // A rule for search engines; these titles are as long as the people's names.
    "long-title": "off",
  },
});

const NARROWEST = { width: 320, height: 640 };
const TARGET = 44;

/** html-validate finds nothing in this text. */
export async function assertValidHtml(html, name = "page") {
  const report = await validator.validateString(html, name);
  const found = report.results.flatMap((result) =>
    result.messages.map((each) => `${name}:${each.line}:${each.column} ${each.ruleId}: ${each.message}`),
  );
  assert.deepEqual(found, []);
}

/** The page as the server sent it is valid. */
export async function assertValidPage(page) {
  await assertValidHtml(await documentOf(page).text(), new URL(page.url()).pathname);
}

export const EACH_LOOK = SCHEMES.flatMap((scheme) => Object.keys(SIZES).map((size) => ({ scheme, size })));

/** Each scheme once and each size once. */
export const TWO_LOOKS = [
  { scheme: "light", size: "wide" },
  { scheme: "dark", size: "phone" },
];

/** axe, widths and targets in these looks; then the person's settings as before. */
export async function assertGood(page, looks = EACH_LOOK) {
  const before = page.viewportSize();
  for (const { scheme, size } of looks) {
    await page.setViewportSize(SIZES[size]);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await assertAxeFindsNothing(page, `${scheme}, ${size}`);
    await assertFits(page, size);
    await assertTargets(page, size);
  }
  await page.setViewportSize(NARROWEST);
  await assertFits(page, "320 px");
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
}

/** All judges, in each look and for each wish that a person may have. */
export async function assertGoodPage(page) {
  await assertValidPage(page);
  await assertGood(page);
  await page.emulateMedia({ contrast: "more" });
  await assertAxeFindsNothing(page, "with more contrast");
  await page.emulateMedia({ contrast: null });
  await assertReadableInForcedColours(page);
  await assertNothingMoves(page);
}

/** Everything that axe knows, its best practices too. (Legacy mode: no page of its own for frames; there are none.) */
export async function assertAxeFindsNothing(page, look = "") {
  // A colour on its way to another one is neither: what moves comes to rest first.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.failureSummary}`),
  );
  assert.deepEqual(found, [], `${new URL(page.url()).pathname} ${look}`);
}

/** Nobody has to scroll sideways. */
export async function assertFits(page, look = "") {
  const [needed, there] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(needed <= there, `${page.url()} ${look}: ${needed} px wide in ${there} px`);
}

/** Whatever can be pressed is at least 44 px in both directions, with its label. */
export async function assertTargets(page, look = "") {
  const small = await page.evaluate((least) => {
    // A picture repeats the links of the table beside it.
    const isRepeated = (element) => element.closest("[aria-hidden=true]") !== null;
    const isInText = (element) => element.matches("p:not(.act):not(.ways):not(.tools):not(.brand) a");
    return [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
      .filter((element) => element.checkVisibility() && !element.matches(".skip"))
      .filter((element) => !isInText(element) && !isRepeated(element))
      .map((element) => {
        const boxes = [element, ...(element.type === "checkbox" ? element.labels : [])].map((each) =>
          each.getBoundingClientRect(),
        );
        const width = Math.max(...boxes.map((box) => box.right)) - Math.min(...boxes.map((box) => box.left));
        const height = Math.max(...boxes.map((box) => box.bottom)) - Math.min(...boxes.map((box) => box.top));
        return { what: element.outerHTML.slice(0, 80), width, height };
      })
      .filter(({ width, height }) => width < least || height < least);
  }, TARGET);
  assert.deepEqual(small, [], look);
}

/** With the colours of the system: buttons have an edge, icons are drawn, words can be read. */
export async function assertReadableInForcedColours(page) {
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  const lost = await page.evaluate(() => {
    const seen = (element) => element.checkVisibility() && element.getClientRects().length > 0;
    const colours = (element) => getComputedStyle(element);
    const edgeless = [
      ...document.querySelectorAll(".button, button.primary, button.second, .card, .password, .chip"),
    ]
      .filter(seen)
      .filter(
        (element) => colours(element).borderTopStyle === "none" || colours(element).borderTopWidth === "0px",
      );
    const drawnOn = (element) => colours(element.closest(".chip, .notice, .card, body")).backgroundColor;
    const undrawn = [...document.querySelectorAll("svg.icon")]
      .filter(seen)
      .filter((icon) => colours(icon).stroke === drawnOn(icon));
    return [...edgeless, ...undrawn].map((element) => element.outerHTML.slice(0, 80));
  });
  await page.emulateMedia({ forcedColors: null, reducedMotion: null });
  assert.deepEqual(lost, []);
}

/** For a person who wants no motion, nothing is animated. */
export async function assertNothingMoves(page) {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll("*")]
      .filter((element) => {
        const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
        return (
          !/^0s(, 0s)*$/.test(transitionDuration) || animationName !== "none" || scrollBehavior === "smooth"
        );
      })
      .map((element) => element.outerHTML.slice(0, 80)),
  );
  await page.emulateMedia({ reducedMotion: null });
  assert.deepEqual(moving, []);
}
