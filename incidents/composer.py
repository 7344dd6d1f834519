"""The page on which an update is written: whom it is for, what they heard last, and how it will arrive."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import Max
from django.utils import timezone

from playbooks.models import Audience, Cadence

from .arrivals import arrivals_of
from .models import StatusUpdate
from .models.obligations import ObligationKind


@dataclass(frozen=True)
class Tab:
    """One audience to write to, with its clock and the last update it got."""

    audience: Audience
    due_at: object
    last: StatusUpdate | None
    is_current: bool


class Composer:
    """Each part is read when first asked for, in a constant number of queries."""

    def __init__(self, incident, viewer, audience):
        self.incident = incident
        self.viewer = viewer
        self.audience = Audience(audience) if audience in Audience.values else self._most_urgent()

    @property
    def tabs(self):
        return [
            Tab(audience, self._due_at.get(audience.value), self._last.get(audience.value), audience == self.audience)
            for audience in Audience
        ]

    @property
    def last(self):
        """The last update to this audience, or None."""
        return self._last.get(self.audience.value)

    @cached_property
    def minutes(self):
        """How often the audience hears at the incident's severity; None: when something changes."""
        return Cadence.objects.at(self.incident.severity).get(self.audience.value)

    @property
    def last_number(self):
        """The number of the last update to whomever, 0 before the first."""
        return self.incident.updates.aggregate(last=Max("number"))["last"] or 0

    def arrivals(self, body, next_update_at, no_change=""):
        """How this text would reach the audience, channel by channel, with what publishing adds."""
        if no_change and not body and self.last:
            body = self.last.body
        return arrivals_of(
            self.incident,
            self.audience.value,
            body,
            number=self.last_number + 1,
            by=self.viewer,
            next_update_at=next_update_at or self._due_by_rhythm(),
            no_change=no_change,
        )

    def _due_by_rhythm(self):
        if self.minutes is None or not self.incident.is_open:
            return None
        return timezone.now() + timedelta(minutes=self.minutes)

    def _most_urgent(self):
        return Audience(min(self._due_at, key=self._due_at.get, default=Audience.COORDINATION))

    @cached_property
    def _due_at(self):
        clocks = self.incident.obligations.live().filter(kind=ObligationKind.UPDATE)
        return dict(clocks.values_list("audience", "due_at"))

    @cached_property
    def _last(self):
        return {update.audience: update for update in self.incident.updates.latest_of_each().with_people()}
