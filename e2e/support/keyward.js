// The program under test: `keyward demo`, and `keyward serve` with the article's config.ini. Each runs
// on a port of its own, with a store in a temporary folder, and is ended by SIGTERM.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const READY_SECONDS = 20;
const root = new URL("../../", import.meta.url);

/** Where the program is: KEYWARD_BINARY, or where cargo puts it. */
export function binary() {
  const named = process.env.KEYWARD_BINARY;
  const file = named ?? join(targetFolder(), "debug/keyward");
  if (!existsSync(file)) throw new Error(`There is no program at ${file}: cargo build makes it.`);
  return file;
}

function targetFolder() {
  const shown = execFileSync("cargo", ["metadata", "--format-version", "1", "--no-deps"], { cwd: root });
  return JSON.parse(shown).target_directory;
}

/** `keyward demo`. */
export async function startDemo() {
  const listen = `127.0.0.1:${await freePort()}`;
  return start(["demo", "--listen", listen], {}, `http://${listen}`);
}

/** The article's config.ini, with own values. */
export function articleIni({ ad, service_account: account }) {
  const section = (name, values) =>
    `[${name}]\n${Object.entries(values)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join("")}`;
  return `${section("ad", ad)}\n${section("service_account", account)}`;
}

/**
 * `keyward serve --config config.ini` in a folder that holds nothing but that file, readable by its
 * owner alone. What the article does not name comes from the environment.
 */
export async function startServe(ini, environment = {}) {
  const folder = await mkdtemp(join(tmpdir(), "keyward-e2e-"));
  const config = join(folder, "config.ini");
  await writeFile(config, ini, { mode: 0o600 });
  const listen = `127.0.0.1:${await freePort()}`;
  const settings = {
    KEYWARD__WEB__LISTEN: listen,
    KEYWARD__STORE__URL: `sqlite://${folder}/keyward.db`,
    ...environment,
  };
  const scheme = "KEYWARD__WEB__TLS_CERT" in settings ? "https" : "http";
  const clean = () => rm(folder, { recursive: true });
  const started = start(["serve", "--config", config], settings, `${scheme}://${listen}`);
  const service = await started.catch(async (error) => {
    await clean();
    throw error;
  });
  const stop = service.stop;
  service.stop = async () => {
    await stop();
    await clean();
  };
  service.command = (...words) =>
    execFileSync(binary(), [...words, "--config", config], {
      env: { ...process.env, ...settings },
      encoding: "utf8",
    });
  return service;
}

async function start(words, settings, origin) {
  const child = spawn(binary(), words, {
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  process.once("exit", () => child.kill()); // where a test file is cut short
  const service = { origin, output: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (service.output += text));
  }
  const ended = once(child, "exit");
  service.stop = async () => {
    child.kill("SIGTERM");
    const [status, signal] = await ended;
    assert.deepEqual([status, signal], [0, null], `keyward ended badly:\n${service.output}`);
  };
  for (const end = Date.now() + READY_SECONDS * 1000; !(await answers(origin)); await pause(25)) {
    if (child.exitCode !== null || Date.now() > end) {
      child.kill("SIGKILL");
      throw new Error(`keyward ${words[0]} does not answer on ${origin}:\n${service.output}`);
    }
  }
  return service;
}

/** Whether it is alive. Its certificate is not what is asked here. */
function answers(origin) {
  const { get } = origin.startsWith("https:") ? https : http;
  return new Promise((tell) => {
    get(`${origin}/healthz`, { rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume();
      tell(answer.statusCode === 200);
    }).on("error", () => tell(false));
  });
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}
