"""The door for JSON: size, depth, numbers and characters are checked before anything reads the values."""

import codecs
import json
import re

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_KEYS = 2_000
LARGEST_INTEGER = 2**63 - 1
# NUL cannot be stored in PostgreSQL, a lone surrogate cannot be encoded at all.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = "This body is larger than is accepted here."


class Malformed(ValueError):
    """The text is not JSON that this product takes; the message says why."""


def _unique(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Malformed("A key appears twice in one object.")
    return dict(pairs)


def _refuse_constant(name):
    raise Malformed(f"{name} is not JSON.")


def _small_integer(digits):
    if len(digits) > 20 or abs(int(digits)) > LARGEST_INTEGER:
        raise Malformed("A number is too large.")
    return int(digits)


def _depth(data):
    depth = deepest = 0
    for token in BRACKETS.finditer(data):
        mark = token.group()[:1]
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in b"]}":
            depth -= 1
    return deepest


def _inspect(value, budget):
    """Walk the values once; `budget` is a one-item list of keys and items that are left."""
    if isinstance(value, str):
        if UNSTORABLE.search(value):
            raise Malformed("Text contains NUL or a lone surrogate.")
    elif isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            raise Malformed("A number is too large.")
    elif isinstance(value, (dict, list)):
        budget[0] -= len(value)
        if budget[0] < 0:
            raise Malformed("There are too many keys and items.")
        for item in (*value.keys(), *value.values()) if isinstance(value, dict) else value:
            _inspect(item, budget)


def read_json(data, *, max_bytes=MAX_BYTES, max_keys=MAX_KEYS):
    """Bytes to a value. Raises `TooLarge` (413) or `Malformed`."""
    if len(data) > max_bytes:
        raise TooLarge
    if _depth(data) > MAX_DEPTH:
        raise Malformed(f"Objects and lists are nested deeper than {MAX_DEPTH}.")
    try:
        value = json.loads(
            codecs.decode(data, "utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_int=_small_integer,
        )
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    _inspect(value, [max_keys])
    return value


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return read_json(stream.read(MAX_BYTES + 1))
        except Malformed as error:
            raise ParseError(str(error)) from None
