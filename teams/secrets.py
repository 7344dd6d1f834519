"""Keys that programs and invitations carry: random, shown once, kept only as a hash.

A key names its organisation (`prefix_organisation_secret`), so it is looked up inside that organisation's scope and
no table of keys is ever searched across organisations.
"""

import hashlib
import secrets


def new_key(prefix, organization_id):
    """A fresh key of 256 random bits, for example `mst_7_Vb3…`."""
    return f"{prefix}_{organization_id}_{secrets.token_urlsafe(32)}"


def hash_of(key):
    """What is stored in the key's place: 64 hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def organization_id_in(key, prefix):
    """The organisation a key claims to belong to, or None when it has not the form of a key."""
    parts = key.split("_", 2)
    if len(parts) != 3 or parts[0] != prefix or not parts[2]:
        return None
    if not (parts[1].isascii() and parts[1].isdecimal() and len(parts[1]) < 19):
        return None
    return int(parts[1])
