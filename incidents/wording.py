"""What a text for outside says that its readers should not read, or would not understand.

Pure: words in, warnings out. It warns whoever writes, and never stops them.
"""

import re
from dataclasses import dataclass

# A machine: an address, a name of the inner network, a name with a number at its end, a pod.
MACHINE = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:internal|intranet|intra|local|lan|corp|svc|cluster|prod|private)\b"
    r"|\b[a-z][a-z0-9]*(?:-[a-z0-9]+)*-[a-f0-9]{8,10}-[a-z0-9]{5}\b"
    r"|\b[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*[-_]\d{1,4}\b"
)
CAUSE = re.compile(
    r"\broot cause\b|\bcaused by\b|\bthe (?:cause|reason) (?:is|was)\b|\bbecause of an?\b|\bdue to an?\b",
    re.IGNORECASE,
)
_NUMBER = r"(?:\d+|an?|one|two|three|four|five|six|ten|fifteen|twenty|thirty|half an|a few|several)"
_UNIT = r"(?:minutes?|min|hours?|h|days?)"
ESTIMATE = re.compile(
    rf"\b(?:within|in)\s+(?:the\s+next\s+)?(?:about\s+|around\s+|roughly\s+)?{_NUMBER}\s+{_UNIT}\b"
    r"|\b(?:by|until|before|around|at about)\s+\d{1,2}(?::\d{2})?\s*(?:[ap]\.?m\.?|utc|cet|cest|o.clock)?(?=\W|$)"
    r"|\bETA\b",
    re.IGNORECASE,
)
# Where a time is no promise of an end.
NO_ESTIMATE_IN = ("workaround",)
# A part of a name that is this short is a word like any other.
SHORTEST_NAME = 3
RUN = 4
NEAR = 0.75


@dataclass(frozen=True)
class Flag:
    """One thing to look at. `code` is what it is, `word` what stands there, `instead` what could."""

    code: str
    part: str
    word: str
    sentence: str
    instead: str = ""


@dataclass(frozen=True)
class House:
    """What there is to know about the house: names of people, its own words, and what may be said of this incident.

    `raw` are internal texts that nobody should simply pass on.
    """

    people: tuple = ()
    terms: tuple = ()
    raw: tuple = ()
    cause_confirmed: bool = False
    estimate_public: bool = False


def flags_in(body, house):
    """`[Flag]` of a body, part by part, each word once."""
    found = {}
    for part, text in body.items():
        for flag in _flags(part, text, house):
            found.setdefault((flag.code, flag.part, flag.word.casefold()), flag)
    return list(found.values())


def _flags(part, text, house):
    for hit in MACHINE.finditer(text):
        yield Flag("machine", part, hit[0], f"“{hit[0]}” looks like the name of a machine.")
    for name in _names_in(text, house.people):
        yield Flag("person", part, name, f"“{name}” is the name of a person.")
    for term, plain in house.terms:
        if hit := re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.IGNORECASE):
            advice = f"Say “{plain}”." if plain else "Say it in plain words."
            yield Flag("jargon", part, hit[0], f"“{hit[0]}” is a word of the house. {advice}", plain)
    if not house.cause_confirmed and (hit := CAUSE.search(text)):
        yield Flag("cause", part, hit[0], f"“{hit[0]}”: the cause is not confirmed.")
    if not house.estimate_public and part not in NO_ESTIMATE_IN and (hit := ESTIMATE.search(text)):
        yield Flag("estimate", part, hit[0], f"“{hit[0]}” reads like an estimate, and none is public.")
    if any(is_near(text, raw) for raw in house.raw):
        yield Flag("raw", part, text[:40], "This repeats an internal text nearly word for word: say what it means.")


def _names_in(text, people):
    """Whole names first, then parts of names that stand alone."""
    rest = text
    for name in people:
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", rest):
            yield name
            rest = rest.replace(name, " ")
    for name in people:
        for word in name.split():
            if len(word) >= SHORTEST_NAME and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", rest):
                yield word


def is_near(text, other):
    """Whether a text is made of another's words, in runs of four."""
    own = _runs(text)
    return len(own) > 1 and len(own & _runs(other)) >= NEAR * len(own)


def _runs(text):
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}
