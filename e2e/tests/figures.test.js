// What a page costs a browser that was never here, and what a reset costs a person.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { person } from "../support/browser.js";
import { DISABLED, LEAD, ONE, SEVERAL } from "../support/demo.js";
import { startDemo } from "../support/keyward.js";
import { coldLoad } from "../support/loads.js";
import {
  find,
  heading,
  opens,
  press,
  resetButton,
  searchBox,
  shownPassword,
  signIn,
} from "../support/pages.js";

const MOST_REQUESTS = 4;
const MOST_BYTES = 60_000;

let keyward;

before(async () => (keyward = await startDemo()));
after(() => keyward?.stop());

test("a cold page takes at most four requests and sixty kilobytes", async (t) => {
  const page = await person(t);
  const to = (path) => () => page.goto(keyward.origin + path);
  await assertCheap(t, page, "sign-in", to("/sign-in"));
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);
  await assertCheap(t, page, "search", to("/"));
  await assertCheap(t, page, "found", to(`/?q=${SEVERAL.search}`));
  await assertCheap(t, page, "every first name with an a", to("/?q=an"));
  await assertCheap(t, page, "not found", to("/nowhere"));
  await page.goto(keyward.origin);
  await find(page, DISABLED.search);
  await assertCheap(t, page, "an account that cannot be helped", () => page.reload());
  await page.goto(keyward.origin);
  await find(page, ONE.search);
  await assertCheap(t, page, "an account", () => page.reload());
  await assertCheap(t, page, "done", () => press(page, resetButton(page)));
});

test("from a signed-in page to a done reset it takes two interactions", async (t) => {
  const page = await person(t);
  await signIn(page, keyward.origin, LEAD.name, LEAD.password);

  await page.keyboard.type(ONE.search);
  await opens(page, () => searchBox(page).press("Enter")); // one: search and Enter
  await press(page, resetButton(page)); // two: the button

  assert.equal(await heading(page), `${ONE.name}'s new password`);
  assert.ok((await shownPassword(page)).length >= 12);
});

async function assertCheap(t, page, name, open) {
  const { requests, bytes } = await coldLoad(page, open);
  t.diagnostic(`${name}: ${requests} requests, ${(bytes / 1000).toFixed(1)} kB`);
  assert.ok(requests <= MOST_REQUESTS, `${name}: ${requests} requests`);
  assert.ok(bytes > 1_000 && bytes <= MOST_BYTES, `${name}: ${bytes} bytes`);
}
