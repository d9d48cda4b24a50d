// A person at a browser of their own: no cookies, nothing cached. Whatever goes wrong in it is
// written down and fails the test at its end: console messages, CSP violations, dialogs, requests
// that fail or that go anywhere else.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after } from "node:test";
import { chromium } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

export const SCHEMES = ["light", "dark"];
export const SIZES = {
  wide: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
};

let browser;

/** The one Chromium of this test file. */
export async function chromiumOfThisFile() {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`Chromium is missing at ${CHROMIUM}: as root, ./dev/install installs it.`);
  }
  browser ??= chromium.launch({
    executablePath: CHROMIUM,
    // Going back has to be tried as people's browsers do it.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return browser;
}

after(async () => (await browser)?.close());

/**
 * A page in a new browser profile.
 *
 * `scripts: false` switches JavaScript off; `scheme`, `size`, `contrast` and `motion` are the
 * person's settings; `as` is another page whose cookies this one starts with.
 */
export async function person(t, options = {}) {
  const { scripts = true, scheme = "light", size = "wide", as, ...more } = options;
  const chromiumHere = await chromiumOfThisFile();
  const context = await chromiumHere.newContext({
    javaScriptEnabled: scripts,
    colorScheme: scheme,
    viewport: SIZES[size],
    locale: "en-GB",
    storageState: as && (await as.context().storageState()),
    ...more,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  watch(page);
  t.after(async () => {
    await context.close();
    assertQuiet(page);
  });
  return page;
}

/** Another tab of the same profile. */
export async function anotherTab(t, page) {
  const tab = await page.context().newPage();
  watch(tab);
  t.after(() => assertQuiet(tab));
  return tab;
}

/** A request that the next one overtook; going back to the answer of a form, which is not sent again. */
const EXPECTED_FAILURES = ["net::ERR_ABORTED", "net::ERR_CACHE_MISS"];

const complaints = new WeakMap();
const documents = new WeakMap();

/** The answer that the page shown now came from. */
export const documentOf = (page) => documents.get(page);

function watch(page) {
  const said = [];
  complaints.set(page, said);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !isStatusOfThePage(page, message)) {
      said.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => said.push(`script error: ${error.message}`));
  page.on("dialog", (dialog) => {
    said.push(`a dialog opened: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("requestfailed", (request) => {
    const why = request.failure().errorText;
    if (!EXPECTED_FAILURES.includes(why)) said.push(`request failed: ${request.url()}: ${why}`);
  });
  page.on("response", (response) => {
    const request = response.request();
    const isDocument = request.isNavigationRequest() && request.frame() === page.mainFrame();
    if (isDocument && !isRedirect(response)) documents.set(page, response);
    if (!isDocument && response.status() >= 400) {
      said.push(`${response.status()} to ${request.method()} ${request.url()}`);
    }
  });
}

const isRedirect = (response) => response.status() >= 300 && response.status() < 400;

/** Chromium reports a page's own 4xx or 5xx as an error; the tests look at the status themselves. */
function isStatusOfThePage(page, message) {
  return (
    /^Failed to load resource: the server responded with a status of [45]\d\d/.test(message.text()) &&
    message.location().url.split("#")[0] === documentOf(page)?.url().split("#")[0]
  );
}

/** Nothing went wrong in the page so far. */
export function assertQuiet(page) {
  assert.deepEqual(complaints.get(page), []);
}
