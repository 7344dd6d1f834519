"""What we know as one member sees it: the current version, whether it is old, who writes, and what was said before."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from playbooks.models import IncidentRole

from ..deputies import nearest
from ..models.obligations import ObligationKind
from ..models.synthesis import LINES, Line, Synthesis
from ..paging import ByNumber, page_of

SHAKY = ("challenged", "set_aside", "corrected")


@dataclass(frozen=True)
class ShownLine:
    """One line with the findings behind it that the viewer may know of; `repeats` is one that it was pasted from."""

    line: Line
    text: str
    findings: tuple = ()
    repeats: object = None

    @property
    def shaken(self):
        """Those behind it that do not hold any more."""
        return [finding for finding in self.findings if finding.state in SHAKY]


@dataclass(frozen=True)
class Change:
    """How one line reads differently than in the version before; `words` are `(what became of them, words)`."""

    line: Line
    words: tuple


@dataclass(frozen=True)
class Version:
    synthesis: Synthesis
    changes: tuple


class SynthesisBoard:
    def __init__(self, room):
        self.room = room
        self.incident = room.incident
        self._known_deputies = {}

    @cached_property
    def current(self):
        return self.incident.syntheses.for_reading(self.room.viewer).current()

    @cached_property
    def lines(self):
        """The lines of the current version that say something, in their order."""
        return self.lines_of(self.current) if self.current else []

    def lines_of(self, synthesis):
        shown = []
        for line in LINES:
            if text := getattr(synthesis, line.name):
                behind = dict.fromkeys(
                    each.finding for each in synthesis.sources.all() if each.field in (line.name, "")
                )
                shown.append(ShownLine(line, text, tuple(behind), self._repeated(synthesis, line)))
        return shown

    @cached_property
    def newer(self):
        """What was found since, the first one first; without what only few may know. Then there is a clock, too."""
        return list(Synthesis.newer_findings(self.incident, self.current)) if self.clock else []

    @cached_property
    def clock(self):
        """What is owed where something newer was found, or None."""
        return next((each for each in self.room.owed if each.kind == ObligationKind.SYNTHESIS), None)

    @property
    def is_old(self):
        return self.clock is not None and self.clock.due_at <= self.room.now

    @cached_property
    def delegation(self):
        """Who does it in the lead's place now, or None."""
        return next(iter(self.room.rows.delegations[self.incident.pk]), None)

    @cached_property
    def may_write(self):
        """Whether it is the viewer's to say, without a reason of their own."""
        return self.room.responds and (self.room.coordinates or self.stands_in(self.clock))

    def stands_in(self, clock, *, beside=None):
        """Whether the viewer is a delegate, or a deputy to whom this clock has climbed; who is `beside` is none."""
        if not self.room.responds:
            return False
        if self.delegation and self.delegation.delegate_id == self.room.viewer.pk:
            return True
        if clock is None or not clock.level:
            return False
        return self.room.viewer.pk != beside and self.room.viewer in self._deputies(beside)

    @property
    def may_delegate(self):
        return self.room.coordinates and self.room.incident.is_open

    @cached_property
    def writes(self):
        """Who else is writing the next version right now, or None."""
        editing = next(iter(self.room.rows.editings[self.incident.pk]), None)
        return editing if editing and editing.editor_id != self.room.viewer.pk else None

    @cached_property
    def page(self):
        """A stretch of versions, the latest ones unless the address names another."""
        rows = self.incident.syntheses.for_reading(self.room.viewer)
        return page_of(rows, order=ByNumber("version"), before=self.room.before, size=20)

    @property
    def history(self):
        """The stretch as `Version`s, the latest first, each with what it changed."""
        rows = self.page.rows
        earliest = rows[0].version if rows else 0
        before = self.incident.syntheses.filter(version=earliest - 1).first() if earliest > 1 else None
        return [
            Version(each, changes_between(earlier, each))
            for earlier, each in zip([before, *rows], rows, strict=False)
        ][::-1]  # fmt: skip

    # --- Inside ------------------------------------------------------------------------------

    def _deputies(self, beside):
        if beside not in self._known_deputies:
            self._known_deputies[beside] = self._nearest(beside)
        return self._known_deputies[beside]

    def _nearest(self, beside):
        hats = [each for each in self.room.held if each.role == IncidentRole.TECHNICAL_COORDINATOR]
        coordinators = sorted((each.membership for each in hats), key=lambda each: each.pk)
        delegate = self.delegation and self.delegation.delegate
        return nearest(delegate, coordinators, lambda: self.room.rows.on_call_for_the_lead, beside={beside})

    def _repeated(self, synthesis, line):
        """For the eyes of whoever wrote it."""
        if synthesis.published_by_id != self.room.viewer.pk or line.name not in synthesis.near_copies:
            return None
        return self.incident.findings.visible_to(self.room.viewer).filter(pk=synthesis.near_copies[line.name]).first()


def changes_between(earlier, later):
    """`(Change, …)` for every line that reads differently, word by word; `earlier` is None before the first."""
    labels = {line.name: line for line in LINES}
    return tuple(
        Change(labels[each["field"]], tuple(words_between(each["before"], each["after"])))
        for each in later.changes_since(earlier)
    )


def words_between(before, after):
    """`(state, words)` in the order of reading: `same`, `gone` or `new`."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    for tag, start, end, other_start, other_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "same", "".join(old[start:end])
            continue
        if gone := "".join(old[start:end]):
            yield "gone", gone
        if added := "".join(new[other_start:other_end]):
            yield "new", added
