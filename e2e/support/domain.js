// The Samba domain controller of the tests (dev/dc): who there is, what its administrator changes
// meanwhile, and its own log as the witness.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = process.env.KEYWARD_DC_DIR ?? "/var/tmp/keyward-dc";
const witnessScript = fileURLToPath(new URL("../../dev/witness", import.meta.url));

if (!existsSync(`${folder}/fixtures.json`)) {
  throw new Error(`There is no domain controller in ${folder}: ./dev/dc up starts one.`);
}

/** dev/people.py as it was put into the domain. */
export const domain = JSON.parse(readFileSync(`${folder}/fixtures.json`, "utf8"));

/** Every person's password at first. */
export const START_PASSWORD = domain.password;

/** Its address for LDAPS. */
export const server = domain.dc.ldaps;

/** The account of this sAMAccountName. */
export function account(name) {
  const found = domain.accounts[name];
  if (!found) throw new Error(`dev/people.py has no ${name}`);
  return found;
}

/** What the DC saw since `since`: "resets" of a CN, "refused" ones, "sign-ins" of an account name. */
export function witness(what, name, since = 0) {
  const words = [what, "--log", domain.dc.witness, "--since-line", String(since)];
  if (name) words.push("--account", name);
  return Number(execFileSync(witnessScript, words, { encoding: "utf8" }));
}

/** How long the DC's log is: a mark for a later `since`. */
export const witnessMark = () => witness("lines");

/** Changes an entry as the domain's administrator, over LDAPS. `change` is LDIF below `changetype: modify`. */
export function change(dn, ldif) {
  const { username, password } = domain.administrator;
  const encoded = Buffer.from(dn).toString("base64");
  const done = spawnSync(
    "timeout",
    ["20", "ldapmodify", "-x", "-H", server, "-D", `${username}@${domain.dns_domain}`, "-w", password],
    {
      input: `dn:: ${encoded}\nchangetype: modify\n${ldif}\n`,
      env: { ...process.env, LDAPTLS_CACERT: domain.dc.ca_file },
      encoding: "utf8",
    },
  );
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`ldapmodify of ${dn}: ${done.stderr}`);
}

/** Sets a person's password as it was at first: no change asked for, not locked. */
export function restorePassword(name) {
  const quoted = Buffer.from(`"${START_PASSWORD}"`, "utf16le").toString("base64");
  change(
    account(name).dn,
    `replace: unicodePwd\nunicodePwd:: ${quoted}\n-\nreplace: pwdLastSet\npwdLastSet: -1\n-\nreplace: lockoutTime\nlockoutTime: 0\n`,
  );
}

/** As if nobody had mistyped this password. */
export const clearWrongPasswords = (name) =>
  change(account(name).dn, "replace: lockoutTime\nlockoutTime: 0\n");

/** Wrong passwords until the account is locked; a lockout of long ago has ended by itself. */
export function lockOut(name) {
  const words = ["20", "ldapwhoami", "-x", "-H", server, "-D", account(name).upn, "-w", "not-the-password"];
  for (let wrong = 0; wrong < domain.policy.lockout_threshold; wrong += 1) {
    const { stderr } = spawnSync("timeout", words, {
      env: { ...process.env, LDAPTLS_CACERT: domain.dc.ca_file },
      encoding: "utf8",
    });
    if (!/Invalid credentials/.test(stderr)) throw new Error(`ldapwhoami as ${name}: ${stderr}`);
  }
}

const membership = (verb) => (group, name) =>
  change(
    domain.groups[group].dn,
    `${verb}: member\nmember:: ${Buffer.from(account(name).dn).toString("base64")}\n`,
  );

export const addMember = membership("add");
export const removeMember = membership("delete");
