// Every page that Keyward can answer with, as its views render it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { person } from "../support/browser.js";
import {
  TWO_LOOKS,
  assertGood,
  assertNothingMoves,
  assertReadableInForcedColours,
  assertValidHtml,
} from "../support/judges.js";
import { sample, sampleNames, serveSamples } from "../support/samples.js";

const names = await sampleNames();
let samples;

before(async () => (samples = await serveSamples()));
after(() => samples?.stop());

test("there is a sample of each kind of page", () => {
  assert.ok(names.length > 40, `${names.length} samples`);
});

test("html-validate finds nothing in any sample", async (t) => {
  for (const name of names) {
    await t.test(name, async () => assertValidHtml(await sample(name), name));
  }
});

test("axe finds nothing in any sample; it fits, can be hit, needs no colour and no motion", async (t) => {
  const page = await person(t);
  for (const name of names) {
    await t.test(name, async () => {
      await page.goto(`${samples.origin}/${name}`);
      await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
      await assertGood(page, TWO_LOOKS);
      await assertReadableInForcedColours(page);
      await assertNothingMoves(page);
    });
  }
});
