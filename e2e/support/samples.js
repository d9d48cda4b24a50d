// The pages as the views' samples render them (src/web/views/snapshots), served with their assets: those
// too that take a broken directory or a full disk to see.

import { readFile, readdir } from "node:fs/promises";
import { once } from "node:events";
import { createServer } from "node:http";
import { basename, extname } from "node:path";

const root = new URL("../../", import.meta.url);
const snapshots = new URL("src/web/views/snapshots/", root);
const TYPES = { ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".html": "text/html" };

/** The whole pages' names; what is only a part of one is left out. */
export const sampleNames = async () =>
  (await readdir(snapshots)).filter((name) => !name.startsWith("part-")).sort();

export const sample = (name) => readFile(new URL(name, snapshots), "utf8");

/** A server for them on a port of its own. */
export async function serveSamples() {
  const server = createServer(async (request, answer) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const folder = pathname.startsWith("/assets/") ? new URL("assets/", root) : snapshots;
    const file = await readFile(new URL(basename(pathname), folder)).catch(() => null);
    answer.writeHead(file ? 200 : 404, { "content-type": `${TYPES[extname(pathname)]}; charset=utf-8` });
    answer.end(file);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
