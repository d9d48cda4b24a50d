// The pictures of docs/: made on the way of the tests, and written with KEYWARD_SCREENSHOTS=1 only.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { SCHEMES, SIZES } from "./browser.js";

const MOST_BYTES = 150_000;
const docs = new URL("../../docs/", import.meta.url);

/** The page as it is, in each look, small enough for a README. */
export async function shoot(page, name) {
  const before = page.viewportSize();
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const scheme of SCHEMES) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      const picture = await page.screenshot({ animations: "disabled", caret: "hide" });
      const file = `${name}-${scheme}${size === "phone" ? "-phone" : ""}.png`;
      assert.ok(picture.length < MOST_BYTES, `${file}: ${picture.length} bytes`);
      if (process.env.KEYWARD_SCREENSHOTS === "1") await writeFile(new URL(file, docs), picture);
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
}
