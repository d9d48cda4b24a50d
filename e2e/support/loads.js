// What a page costs a browser that has never seen it, by the DevTools protocol: requests and bytes on
// the wire, headers included.

/** Requests and bytes while `open` runs, with an empty cache. */
export async function coldLoad(page, open) {
  const tools = await page.context().newCDPSession(page);
  await tools.send("Network.enable");
  await tools.send("Network.clearBrowserCache");
  const requests = new Set();
  let bytes = 0;
  tools.on("Network.requestWillBeSent", ({ requestId, request, redirectResponse }) => {
    if (request.url.startsWith("data:")) return;
    if (redirectResponse) bytes += redirectResponse.encodedDataLength;
    requests.add(`${requestId} ${request.url}`);
  });
  tools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await open();
  await page.waitForLoadState("networkidle");
  await tools.detach();
  return { requests: requests.size, bytes };
}
