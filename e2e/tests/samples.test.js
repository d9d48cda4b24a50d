// Every page that Keyward can answer with, as its views render it (src/web/views/snapshots): those too
// that take a broken directory or a full disk to see.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, basename } from "node:path";
import { after, before, test } from "node:test";
import { person } from "../support/browser.js";
import {
  TWO_LOOKS,
  assertGood,
  assertNothingMoves,
  assertReadableInForcedColours,
  assertValidHtml,
} from "../support/judges.js";

const root = new URL("../../", import.meta.url);
const snapshots = new URL("src/web/views/snapshots/", root);
const TYPES = { ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".html": "text/html" };

const names = (await readdir(snapshots)).sort();
const isPart = (name) => name.startsWith("part-");
let server;
let origin;

before(async () => {
  server = createServer(async (request, answer) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const folder = pathname.startsWith("/assets/") ? new URL("assets/", root) : snapshots;
    const file = await readFile(new URL(basename(pathname), folder)).catch(() => null);
    answer.writeHead(file ? 200 : 404, { "content-type": `${TYPES[extname(pathname)]}; charset=utf-8` });
    answer.end(file);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

test("there is a sample of each kind of page", () => {
  assert.ok(names.length > 40, `${names.length} samples`);
});

test("html-validate finds nothing in any sample", async (t) => {
  for (const name of names.filter((name) => !isPart(name))) {
    await t.test(name, async () => assertValidHtml(await readFile(new URL(name, snapshots), "utf8"), name));
  }
});

test("axe finds nothing in any sample; it fits, can be hit, needs no colour and no motion", async (t) => {
  const page = await person(t);
  for (const name of names.filter((name) => !isPart(name))) {
    await t.test(name, async () => {
      await page.goto(`${origin}/${name}`);
      await openWhatIsFolded(page);
      await assertGood(page, TWO_LOOKS);
      await assertReadableInForcedColours(page);
      await assertNothingMoves(page);
    });
  }
});

const openWhatIsFolded = (page) =>
  page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
