#!/usr/bin/python3
"""Fill the sam.ldb of a freshly provisioned domain with the people that the tests need.

The people are in dev/people.py. Writes straight into the database, without the network, in one
transaction, and then says in DIR/fixtures.json what was made. Called by dev/dc; with --list it
prints the people.
"""

import argparse
import json
import sys
import time

import ldb
from samba import dsdb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.dcerpc.misc import GUID
from samba.param import LoadParm
from samba.samdb import SamDB
from samba.sd_utils import SDUtils

sys.dont_write_bytecode = True  # nothing but sources in dev/
import people  # noqa: E402 (after the line above)

# ---------------------------------------------------------------- how it is made

MINUTE = 60 * 10_000_000                          # in AD's steps of 100 ns
DAY = 24 * 60 * MINUTE
BYPASS_PWD_LAST_SET = "local_oid:1.3.6.1.4.1.7165.4.3.20:0"
PERMIT_TRUST = f"local_oid:{dsdb.DSDB_CONTROL_PERMIT_INTERDOMAIN_TRUST_UAC_OID}:0"


def filetime():
    """Now, in 100 ns steps since 1601."""
    return int((time.time() + 11_644_473_600) * 10_000_000)


class Domain:
    """The open database, and the few operations that are needed on it."""

    def __init__(self, smb_conf, private_dir):
        lp = LoadParm()
        lp.load(smb_conf)
        lp.set("log level", "0")
        self.db = SamDB(url=f"{private_dir}/sam.ldb", session_info=system_session(), lp=lp,
                        options=["transaction_index_cache_size:200000", "batch_mode:1"])
        self.base = self.db.domain_dn()
        self.acl = SDUtils(self.db)

    def child(self, name, parent, attribute="CN"):
        """The DN of `name` below `parent`; ldb does the escaping."""
        dn = ldb.Dn(self.db, f"{attribute}=x")
        dn.set_component(0, attribute, name)
        dn.add_base(parent)
        return dn

    def add(self, dn, attributes, controls=None):
        self.db.add({"dn": dn, **attributes}, controls)

    def replace(self, dn, values, controls=None):
        message = ldb.Message(dn if isinstance(dn, ldb.Dn) else ldb.Dn(self.db, dn))
        for name, value in values.items():
            message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
        self.db.modify(message, controls)

    def add_members(self, group_dn, member_dns):
        message = ldb.Message(ldb.Dn(self.db, str(group_dn)))
        message["member"] = ldb.MessageElement([str(dn) for dn in member_dns], ldb.FLAG_MOD_ADD, "member")
        self.db.modify(message)

    def by_name(self, sam, attributes=("objectSid", "objectGUID")):
        name = ldb.binary_encode(sam)
        (entry,) = self.db.search(self.base, scope=ldb.SCOPE_SUBTREE, attrs=list(attributes),
                                  expression=f"(sAMAccountName={name})")
        return entry

    def sid(self, sam):
        return str(ndr_unpack(security.dom_sid, self.by_name(sam)["objectSid"][0]))


def set_policy(domain):
    domain.replace(domain.base, {
        "minPwdLength": str(people.POLICY["min_length"]),
        "pwdProperties": "1" if people.POLICY["complexity"] else "0",
        "pwdHistoryLength": str(people.POLICY["history"]),
        "lockoutThreshold": str(people.POLICY["lockout_threshold"]),
        "lockoutDuration": str(-people.POLICY["lockout_minutes"] * MINUTE),
        "lockOutObservationWindow": str(-people.POLICY["window_minutes"] * MINUTE),
        "maxPwdAge": str(-people.POLICY["max_age_days"] * DAY),
        "minPwdAge": str(-people.POLICY["min_age_days"] * DAY),
    })
    domain.replace(f"CN=Partitions,{domain.db.get_config_basedn()}", {"uPNSuffixes": people.UPN_SUFFIX})


def add_policy_object(domain, name, precedence, applies_to, min_length, threshold):
    container = ldb.Dn(domain.db, f"CN=Password Settings Container,CN=System,{domain.base}")
    domain.add(domain.child(name, container), {
        "objectClass": "msDS-PasswordSettings",
        "msDS-PasswordSettingsPrecedence": str(precedence),
        "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
        "msDS-PasswordHistoryLength": str(people.POLICY["history"]),
        "msDS-PasswordComplexityEnabled": "TRUE",
        "msDS-MinimumPasswordLength": str(min_length),
        "msDS-MinimumPasswordAge": "0",
        "msDS-MaximumPasswordAge": str(-people.POLICY["max_age_days"] * DAY),
        "msDS-LockoutThreshold": str(threshold),
        "msDS-LockoutObservationWindow": str(-people.POLICY["window_minutes"] * MINUTE),
        "msDS-LockoutDuration": str(-people.POLICY["lockout_minutes"] * MINUTE),
        "msDS-PSOAppliesTo": str(applies_to),
    })


def add_ous(domain):
    ous = {"": ldb.Dn(domain.db, domain.base)}
    for name, parent in people.OUS:
        ous[name] = domain.child(name, ous[parent], "OU")
        domain.add(ous[name], {"objectClass": "organizationalUnit"})
    return ous


def add_groups(domain, ous):
    groups = {}
    for name, members in people.GROUPS:
        groups[name] = domain.child(name, ous["Groups"])
        attributes = {"objectClass": "group", "sAMAccountName": name}
        if members:
            attributes["member"] = [str(groups[member]) for member in members]
        domain.add(groups[name], attributes)
    for name in (people.DOMAIN_ADMINS, people.BACKUP_OPERATORS):
        groups[name] = domain.by_name(name).dn
    domain.add_members(groups[people.DOMAIN_ADMINS], [groups["Server Team"]])
    return groups


def add_account(domain, account, ous):
    dn = domain.child(account.cn, ous[account.ou])
    attributes = {
        "objectClass": account.object_class,
        "sAMAccountName": account.sam,
        "userAccountControl": str(account.uac),
        "displayName": account.cn.strip(),
        "description": account.note,
    }
    if not account.sam.endswith("$"):
        attributes["userPrincipalName"] = f"{account.sam}@{domain.db.domain_dns_name()}"
    if account.password:
        attributes["clearTextPassword"] = account.password.encode("utf-16-le")
    if account.must_change:
        attributes["pwdLastSet"] = "0"
    attributes.update(account.more)
    if attributes.get("accountExpires") == "-1d":
        attributes["accountExpires"] = str(filetime() - DAY)
    if "manager" in attributes:
        attributes["manager"] = str(domain.by_name(attributes["manager"]).dn)
    if account.isolated:
        sddl = "D:P(A;;GA;;;SY)(A;;GA;;;DA)(A;;RPLCLORC;;;AU)"
        descriptor = security.descriptor.from_sddl(sddl, security.dom_sid(domain.db.get_domain_sid()))
        attributes["nTSecurityDescriptor"] = ndr_pack(descriptor)
    domain.add(dn, {name: value for name, value in attributes.items() if value is not None}, [PERMIT_TRUST])
    return dn


def finish_account(domain, account, dn):
    """What can be done to an account only once it exists and is in its groups."""
    if account.locked:
        lock(domain, dn)
    if account.password_days:
        then = str(filetime() - account.password_days * DAY)
        domain.replace(dn, {"pwdLastSet": then}, [BYPASS_PWD_LAST_SET])
    if account.primary:
        rid = domain.sid(account.primary).rsplit("-", 1)[1]
        domain.replace(dn, {"primaryGroupID": rid})
    if account.cannot_change:
        aces = "".join(f"(OD;;CR;{people.CHANGE_PASSWORD};;{who})" for who in ("PS", "WD"))
        domain.acl.dacl_prepend_aces(str(dn), aces)


def lock(domain, dn):
    """Locked out now, as five wrong passwords would have done it."""
    now = str(filetime())
    domain.replace(dn, {"lockoutTime": now, "badPasswordTime": now,
                        "badPwdCount": str(people.POLICY["lockout_threshold"])})


def delegate(domain, ous):
    def give(dn, aces, sam):
        domain.acl.dacl_append_aces(str(dn), "".join(aces).replace("SID", domain.sid(sam)))

    give(ous["Staff"], people.DELEGATION, people.SERVICE_NAME)
    give(ous["Staff"], ["(A;CI;GA;;;SID)"], people.SECOND_SERVICE_NAME)
    dcsync = [f"(OA;;CR;{right};;SID)" for right in (people.GET_CHANGES, people.GET_CHANGES_ALL)]
    give(domain.base, dcsync, "dan.dcsync")
    give(domain.base, ["(A;;WD;;;SID)"], "willi.writedacl")


def fill(domain):
    """Everything; returns the DNs of the accounts, OUs and groups by name."""
    set_policy(domain)
    ous = add_ous(domain)
    groups = add_groups(domain, ous)
    add_policy_object(domain, "Strict", 10, groups[people.STRICT_GROUP],
                      people.STRICT_MIN_LENGTH, people.POLICY["lockout_threshold"])
    accounts, members = {}, {}
    for account in people.everybody():
        dn = accounts[account.sam] = add_account(domain, account, ous)
        for group in dict.fromkeys([*account.groups, *filter(None, [account.primary])]):
            members.setdefault(group, []).append(dn)
    for group, dns in members.items():
        domain.add_members(groups[group], dns)
    for account in people.everybody():
        finish_account(domain, account, accounts[account.sam])
    add_policy_object(domain, "Touchy", 20, accounts["lead.touchy"],
                      people.POLICY["min_length"], people.TOUCHY_THRESHOLD)
    for n in range(1, people.MANY_GROUPS + 1):
        name = f"Gus Group {n:03}"
        domain.add(domain.child(name, ous["Many"]), {
            "objectClass": "group", "sAMAccountName": name, "member": str(accounts["gus.groups"])})
    delegate(domain, ous)
    return ous, groups


def describe(domain, ous, groups, administrator_password):
    """What was made, for tests to read."""
    def entry(sam):
        found = domain.by_name(sam)
        return {
            "dn": str(found.dn),
            "guid": str(ndr_unpack(GUID, found["objectGUID"][0])),
            "sid": str(ndr_unpack(security.dom_sid, found["objectSid"][0])),
        }

    dns_domain = domain.db.domain_dns_name()
    accounts = {}
    for account in people.everybody():
        accounts[account.sam] = {
            "sam": account.sam,
            "cn": account.cn,
            "display_name": account.more.get("displayName", account.cn.strip()),
            "upn": account.more.get("userPrincipalName", f"{account.sam}@{dns_domain}"),
            "password": account.password,
            "ou": account.ou,
            "note": account.note,
            **entry(account.sam),
        }
    return {
        "realm": dns_domain.upper(),
        "domain": domain.db.domain_netbios_name(),
        "dns_domain": dns_domain,
        "base_dn": domain.base,
        "domain_sid": domain.db.get_domain_sid(),
        "user_ou": str(ous["Staff"]),
        "reset_group": people.RESET_GROUP,
        "auditor_group": people.AUDITOR_GROUP,
        "password": people.PASSWORD,
        "service_account": {"username": people.SERVICE_NAME, "password": people.SERVICE_PASSWORD},
        "administrator": {"username": "Administrator", "password": administrator_password},
        "policy": people.POLICY,
        "strict_min_length": people.STRICT_MIN_LENGTH,
        "ous": {name: str(dn) for name, dn in ous.items() if name},
        "groups": {name: entry(name) for name in groups},
        "accounts": accounts,
    }


def relock(domain):
    """Lock again those who are to be found locked: a lockout ends by itself after 30 minutes."""
    for account in people.everybody():
        if account.locked:
            lock(domain, domain.by_name(account.sam).dn)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print the accounts and end")
    parser.add_argument("--dir", help="the folder of the provisioned DC (etc/smb.conf, private/)")
    parser.add_argument("--relock", action="store_true", help="only renew the lockouts")
    arguments = parser.parse_args()
    if arguments.list:
        for account in people.everybody():
            print(f"{account.sam:22} {account.ou:17} {account.note}")
        return
    if not arguments.dir:
        parser.error("--dir is missing")
    domain = Domain(f"{arguments.dir}/etc/smb.conf", f"{arguments.dir}/private")
    domain.db.transaction_start()
    if arguments.relock:
        relock(domain)
        domain.db.transaction_commit()
        return
    ous, groups = fill(domain)
    domain.db.transaction_commit()
    made = describe(domain, ous, groups, administrator_password=sys.stdin.readline().strip())
    with open(f"{arguments.dir}/fixtures.json", "w", encoding="utf-8") as file:
        json.dump(made, file, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
