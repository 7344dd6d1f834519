"""The shapes of a guard's answers: a gap that stands open, a breach that an act would commit."""

from dataclasses import dataclass
from datetime import datetime

from playbooks.models import IncidentRole


@dataclass(frozen=True)
class Gap:
    """One thing that is missing. `waivable`: a person with a reason can settle it otherwise.

    `subject` tells gaps of one guard apart and is what a waiver names; `owner_role` is whose it is to close the gap,
    `step` what they do next, and `place` where: an address below the incident's own. `workstream` is the primary key
    of what it is about: who may not know of that one hears nothing of the gap.
    """

    code: str
    message: str
    since: datetime
    waivable: bool = False
    subject: str = ""
    owner_role: str = IncidentRole.LEAD
    step: str = ""
    place: str = ""
    workstream: int | None = None


@dataclass(frozen=True)
class Breach:
    """A rule that an act would break: the guard's code, the sentence that says so, and what it is about.

    `workstream` is the one whose readers alone may know of it, where that matters, `offers` what can be done instead.
    """

    code: str
    sentence: str
    subject: str = ""
    workstream: object = None
    offers: tuple = ()
