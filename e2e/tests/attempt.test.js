// "Not known yet": the page asks by itself, and shows what became of the attempt as soon as it is known.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { person } from "../support/browser.js";
import { hasFocus } from "../support/keyboard.js";
import { heading, message } from "../support/pages.js";
import { sample, serveSamples } from "../support/samples.js";

let samples;

before(async () => (samples = await serveSamples()));
after(() => samples?.stop());

test("it asks again until there is an answer, then shows that one and reads it out", async (t) => {
  const page = await person(t);
  const [open, known] = await Promise.all([
    sample("attempt-not-known-yet.html"),
    sample("attempt-applied.html"),
  ]);
  const answers = [open, known];
  await page.route("**/attempts/*", (route) =>
    route.fulfill({ contentType: "text/html", body: answers.shift() }),
  );
  await page.goto(`${samples.origin}/attempt-not-known-yet.html`);
  assert.equal(await heading(page), "Not known yet");
  await page.getByRole("heading", { name: "It was done" }).waitFor();
  assert.ok(await hasFocus(page.getByRole("heading", { level: 1 })));
  assert.match(await page.title(), /^It was done/);
  assert.match(await message(page), /KW-902/);
  assert.equal(answers.length, 0, "asked twice");
});

test("without scripts there is a button for it", async (t) => {
  const page = await person(t, { scripts: false });
  await page.goto(`${samples.origin}/attempt-not-known-yet.html`);
  assert.match(await page.getByRole("link", { name: "Look now" }).getAttribute("href"), /^\/attempts\/\d+$/);
});
