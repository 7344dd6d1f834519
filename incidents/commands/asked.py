"""One line as a command takes it apart: who asks for what, where, and what is left of the words."""

import re
from datetime import timedelta

from django.utils import timezone

from .line import WORD
from .names import member_named
from .outcomes import Opening, Unclear

PERSON = re.compile(r"(?<!\S)@([\w.+@-]*\w)")
UNITS = {"m": 1, "min": 1, "h": 60, "d": 1440}
ANYWAY = re.compile(r"(?<!\S)anyway[,:]?\s+because\s+(.+)\Z", re.IGNORECASE | re.DOTALL)
BECAUSE = re.compile(r"(?<!\S)because\s+(.+)\Z", re.IGNORECASE | re.DOTALL)


class Asked:
    """`words` shrink with everything that is taken out of them. `key` makes a second sending the same act."""

    def __init__(self, words, *, workstream, by, key=None):
        self.words = words
        self.workstream = workstream
        self.incident = workstream.incident
        self.by = by
        self.key = key

    # --- Taking out ----------------------------------------------------------------------------

    def word(self):
        """The first word, empty where there is none."""
        first, rest = WORD.match(self.words).groups()
        self.words = rest.strip()
        return first

    def person(self):
        """The member of the first `@name`, or None where nobody is named."""
        found = PERSON.search(self.words)
        return member_named(self._cut(found)[1], self.incident) if found else None

    def moment_after(self, preposition):
        """The moment of “due 10m” at the end, counted from now, or None."""
        units = "|".join(UNITS)
        found = re.search(rf"(?<!\S){preposition} (?:in )?(\d{{1,5}}) ?({units})\Z", self.words, re.IGNORECASE)
        if found is None:
            return None
        count, unit = self._cut(found).groups()
        return timezone.now() + timedelta(minutes=int(count) * UNITS[unit.lower()])

    def waiver(self):
        """The reason to break a rule: whatever comes after “anyway because”; empty without it."""
        found = ANYWAY.search(self.words)
        return self._cut(found)[1].strip() if found else ""

    def reason(self):
        """What is left, with or without a “because” before it."""
        found = BECAUSE.match(self.words)
        reason, self.words = (found[1] if found else self.words).strip(), ""
        return reason

    def reason_after_because(self):
        found = BECAUSE.search(self.words)
        return self._cut(found)[1].strip() if found else ""

    # --- What is left --------------------------------------------------------------------------

    def text_for(self, model, field):
        """The words, as many as the field takes; empty where there are none."""
        return fitting(self.words, model._meta.get_field(field).max_length)

    def opens(self, place, *, whole=False, **begun):
        """The page below the incident's own address, with these fields filled in."""
        return Opening.of(f"{self.incident.get_absolute_url()}{place}", whole=whole, **begun)

    def _cut(self, found):
        """Take a match out of the words. Returns it."""
        before, after = self.words[: found.start()].strip(), self.words[found.end() :].strip()
        self.words = f"{before} {after}".strip()
        return found


def fitting(text, limit):
    """The text, or a refusal where it is longer than its place."""
    if len(text) > limit:
        raise Unclear(f"At most {limit} characters, and these are {len(text)}.")
    return text
