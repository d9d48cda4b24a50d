// Programs that log on as a person would: an LDAP bind, a file share, Kerberos. They are the proof of
// what a reset did; Keyward has no part in them.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { account, domain, server } from "./domain.js";

function run(program, words, { input = "", ...environment } = {}) {
  const done = spawnSync("timeout", ["20", program, ...words], {
    input,
    env: { ...process.env, LC_ALL: "C", KRB5_CONFIG: domain.dc.krb5_conf, ...environment },
    encoding: "utf8",
  });
  if (done.error) throw done.error;
  if (done.status === 124) throw new Error(`${program} did not end within 20 s`);
  if ([126, 127].includes(done.status)) {
    throw new Error(`${program} is missing: as root, ./dev/install installs it.`);
  }
  return { ok: done.status === 0, said: `${done.stdout}${done.stderr}` };
}

/** Whether an LDAP bind takes this password; `said` has the DC's own words. */
export function ldapBind(name, password) {
  return run(
    "ldapsearch",
    [
      "-x",
      "-LLL",
      "-H",
      server,
      "-D",
      account(name).upn,
      "-w",
      password,
      "-b",
      domain.base_dn,
      "-s",
      "base",
      "dn",
    ],
    { LDAPTLS_CACERT: domain.dc.ca_file },
  );
}

/** Whether the DC's shares open to this password. */
export function smbLogOn(name, password) {
  return run("smbclient", [
    "-L",
    domain.dc.host,
    "-I",
    domain.dc.ip,
    "-U",
    `${domain.domain}\\${name}%${password}`,
  ]);
}

/** A Kerberos log-on. `change`: the new password that is typed when Kerberos asks for one. */
export function kinit(name, password, change) {
  const folder = mkdtempSync(join(tmpdir(), "keyward-kinit-"));
  const typed = change ? [password, change, change] : [password];
  const answer = run("kinit", [`${name}@${domain.realm}`], {
    input: typed.map((line) => `${line}\n`).join(""),
    KRB5CCNAME: `FILE:${folder}/tickets`,
  });
  rmSync(folder, { recursive: true });
  return { ...answer, askedForChange: /must change it now/i.test(answer.said) };
}
