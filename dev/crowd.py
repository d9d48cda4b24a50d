#!/usr/bin/python3
"""Fill a test domain with a crowd: N people in OUs of 1,000 below the rule's base, for measuring.

usage: dev/crowd.py --dir DIR [--people 100000]

The domain controller in DIR must not run: the database is written directly. People get no
password (deriving keys would take hours), so nobody can sign in as one of them.
"""

import argparse
import sys
import time

sys.dont_write_bytecode = True
from fixtures import Domain  # noqa: E402 (after the line above)

PER_OU = 1_000
PER_TRANSACTION = 10_000
DISABLED_USER = "514"


def fill(domain, base, people):
    began = time.monotonic()
    for first in range(0, people, PER_TRANSACTION):
        domain.db.transaction_start()
        for number in range(first, min(first + PER_TRANSACTION, people)):
            ou = f"OU=Crowd {number // PER_OU:03},{base}"
            if number % PER_OU == 0:
                domain.db.add({"dn": ou, "objectClass": "organizationalUnit"})
            name = f"crowd.{number:06}"
            domain.db.add({"dn": f"CN={name},{ou}", "objectClass": "user", "sAMAccountName": name,
                           "userAccountControl": DISABLED_USER})
        domain.db.transaction_commit()
        print(f"{time.monotonic() - began:7.1f} s  {min(first + PER_TRANSACTION, people)} people", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", required=True, help="the folder of the DC (etc/smb.conf, private/)")
    parser.add_argument("--people", type=int, default=100_000, help="how many (default: 100000)")
    arguments = parser.parse_args()
    domain = Domain(f"{arguments.dir}/etc/smb.conf", f"{arguments.dir}/private")
    fill(domain, f"OU=Staff,{domain.base}", arguments.people)


if __name__ == "__main__":
    main()
