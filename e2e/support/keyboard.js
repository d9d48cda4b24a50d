// A person without a mouse: Tab until something has the focus, and it can be seen that it has.

import assert from "node:assert/strict";

const MOST_STEPS = 60;
const RING = 3;

/** Tabs on until `what` has the focus; each stop on the way shows its focus. */
export async function tabTo(page, what) {
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await page.keyboard.press("Tab");
    if (await hasFocus(page.locator("body"))) continue; // past the end: the browser's own bars
    await assertFocusIsVisible(page);
    if (await hasFocus(what)) return;
  }
  assert.fail(`${what} cannot be reached by Tab`);
}

export async function hasFocus(what) {
  return what.evaluate((element) => element === document.activeElement);
}

/** What has the focus has a ring of 3 px that is on the page and not of the ground's colour. */
export async function assertFocusIsVisible(page) {
  const focus = await page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const ground = getComputedStyle(document.body).backgroundColor;
    return { what: element.outerHTML.slice(0, 90), outlineStyle, outlineWidth, outlineColor, inside, ground };
  });
  const { what, outlineStyle, outlineWidth, outlineColor, inside, ground } = focus;
  assert.notEqual(outlineStyle, "none", `no ring: ${what}`);
  assert.ok(parseFloat(outlineWidth) >= RING, `a ring of ${outlineWidth}: ${what}`);
  assert.notEqual(outlineColor, ground, `a ring that cannot be seen: ${what}`);
  assert.ok(inside, `has the focus but cannot be seen: ${what}`);
}
