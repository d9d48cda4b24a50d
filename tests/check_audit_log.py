#!/usr/bin/python3
"""Checks a log without Keyward: SHA-256 and Ed25519 are all it uses.

Usage: check_audit_log.py LINES CHECKPOINT KEY
  LINES       what `keyward audit export` prints
  CHECKPOINT  what `keyward audit checkpoint` prints
  KEY         what `keyward audit key` prints
Exit status: 0 the lines are what was signed; 1 they are not, or nobody with this key has signed.
"""

import base64
import hashlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def read(name):
    with open(name, "rb") as file:
        return file.read()


def signed_text(note, key):
    """The text of a signed note (C2SP signed-note), once its signature by this key is right."""
    name, key_id, public = key.strip().split("+", 2)
    public = base64.b64decode(public, validate=True)
    hashed = hashlib.sha256(name.encode() + b"\n" + public).hexdigest()
    if public[0] != 1 or not hashed.startswith(key_id):
        sys.exit("this is no Ed25519 verifier key")
    text, _, signatures = note.decode().rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        if (dash, signer, signature[:4].hex()) == ("\u2014", name, key_id):
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(signature[4:], text.encode())
            if text.splitlines()[0] != name:
                sys.exit("the checkpoint is of another log")
            return text
    sys.exit("nobody with this key has signed the checkpoint")


def root(lines):
    """The Merkle tree hash (RFC 6962 2.1): of halves, the left one a power of two."""
    if len(lines) == 1:
        return hashlib.sha256(b"\0" + lines[0]).digest()
    left = 1
    while left * 2 < len(lines):
        left *= 2
    return hashlib.sha256(b"\1" + root(lines[:left]) + root(lines[left:])).digest()


def main(lines, checkpoint, key):
    lines = read(lines).split(b"\n")[:-1]
    try:
        _, size, signed_root = signed_text(read(checkpoint), read(key).decode()).splitlines()[:3]
    except (InvalidSignature, ValueError) as error:
        sys.exit(f"the signature is not right: {type(error).__name__}")
    size = int(size)
    if len(lines) < size:
        sys.exit(f"{size} records were signed, and here are {len(lines)}")
    if base64.b64encode(root(lines[:size])).decode() != signed_root:
        sys.exit("the lines are not what was signed")
    print(f"{size} records are what was signed")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
