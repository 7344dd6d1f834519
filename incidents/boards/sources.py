"""Where each sentence of an update comes from, as far as one member may know."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from ..models.synthesis import LINES, Synthesis
from ..models.updates import PARTS

LABELS = {line.name: line.label for line in LINES}


@dataclass(frozen=True)
class SourceLine:
    """One line of what we know, with the findings behind it that the viewer may know of."""

    line: str
    text: str
    findings: tuple

    @property
    def label(self):
        return LABELS[self.line]


@dataclass(frozen=True)
class Sentence:
    """One part of the update and the lines that it rests on."""

    part: object
    text: str
    lines: tuple


class Sources:
    """Read in a constant number of queries."""

    def __init__(self, update, viewer):
        self.update = update
        self.viewer = viewer

    @cached_property
    def synthesis(self):
        """The version that it was written on, or None."""
        if self.update.synthesis_id is None:
            return None
        return Synthesis.objects.for_reading(self.viewer).get(pk=self.update.synthesis_id)

    @cached_property
    def sentences(self):
        lines = defaultdict(list)
        for source in self.update.sources.in_order():
            lines[source.field].append(self._line(source.line))
        return [
            Sentence(part, self.update.body[part.name], tuple(lines[part.name]))
            for part in PARTS[self.update.audience]
            if self.update.body.get(part.name)
        ]

    def _line(self, name):
        behind = (each.finding for each in self.synthesis.sources.all() if each.field in (name, ""))
        return SourceLine(name, getattr(self.synthesis, name), tuple(dict.fromkeys(behind)))
