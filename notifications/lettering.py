"""Which letters leave the house: none that a reader cannot see, cheap ones for text messages, and no more than fit."""

import re
import unicodedata

from incidents.sms_length import BASIC

PLAIN = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "·": "-"})
# Control characters, and those that turn the direction of writing around.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def printable(text):
    return " ".join(UNPRINTABLE.sub(" ", text).split())


def plain(text):
    """The same in letters that a text message carries cheaply, where there are such."""
    text = unicodedata.normalize("NFC", text.translate(PLAIN))
    return "".join(letter if letter in BASIC else _undecorated(letter) for letter in text)


def cut(text, limit, ending="…"):
    return text if len(text) <= limit else text[: max(limit - len(ending), 0)].rstrip() + ending[:limit]


def _undecorated(letter):
    bare = unicodedata.normalize("NFKD", letter)[0]
    return bare if bare in BASIC else letter
