"""The page on which a draft is written: what they heard, what has changed since, what it says wrong, how it arrives."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Max
from django.utils import timezone

from playbooks.models import Audience, Cadence, GlossaryTerm, HoldingText
from teams.models import Membership

from . import kinds
from .arrivals import arrivals_of
from .guards.updates import has_public_estimate
from .models import StatusUpdate
from .models.hypotheses import HypothesisState
from .models.obligations import ObligationKind
from .models.synthesis import LINES
from .models.updates import OUTER_AUDIENCES, PARTS
from .news import news_since
from .wording import House, flags_in

# From a line of what we know to a part of an audience's update: where a first draft begins. Technical detail begins
# nowhere outside.
BEGINS_WITH = {
    "technical": {"text": "doing"},
    "coordination": {"current_status": "known", "active_work": "doing", "estimated_resolution": "expected"},
    "leadership": {"business_impact": "impact", "customer_effect": "impact", "expected_timeline": "expected"},
    "customers": {"what_is_happening": "impact"},
}
SHOWN = 12
COMPARED = 50


@dataclass(frozen=True)
class Tab:
    """One audience to write to, with its clock and the last update it got."""

    audience: Audience
    due_at: object
    last: StatusUpdate | None
    is_current: bool


class Drafting:
    """One audience with its open draft, read when first asked for, in a constant number of queries.

    Without an audience, the one that is due next.
    """

    def __init__(self, incident, viewer, audience):
        self.incident = incident
        self.viewer = viewer
        self.audience = Audience(audience) if audience in Audience.values else self._most_urgent()

    # --- Whom it is for ----------------------------------------------------------------------------

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

    # --- What is written ---------------------------------------------------------------------------

    @cached_property
    def draft(self):
        found = self.incident.drafts.open().with_people().filter(audience=self.audience).first()
        if found:
            found.incident = self.incident
        return found

    @cached_property
    def synthesis(self):
        return self.incident.syntheses.with_people().current()

    @property
    def is_outdated(self):
        """Whether a newer version of what we know is there than the draft was written on."""
        return bool(self.draft and self.synthesis and self.draft.synthesis_id != self.synthesis.pk)

    @property
    def beginning(self):
        """What the text starts as: the draft, or what they heard last, or lines of what we know."""
        if self.draft:
            return self.draft.body
        return self.last.body if self.last else first_words(self.audience, self.synthesis)

    @property
    def busy(self):
        """Who else writes on it just now, or None."""
        return self.draft.edited_by_another(self.viewer, timezone.now()) if self.draft else None

    @property
    def holding_text(self):
        """`{part: text}` of what may be said at once."""
        return HoldingText.objects.body(self.incident.severity, self.audience)

    @cached_property
    def changes(self):
        """`[(line, before, after)]` of what we know since they heard last."""
        if self.synthesis is None:
            return []
        labels = {line.name: line.label for line in LINES}
        heard = self.last.synthesis if self.last else None
        changed = self.synthesis.changes_since(heard)
        return [(labels[each["field"]], each["before"], each["after"]) for each in changed]

    @cached_property
    def news(self):
        """What else has happened since they heard last, the newest first."""
        entries = news_since(self.incident, self.last, viewer=self.viewer)
        # What we know is shown line by line.
        entries = entries.exclude(kind=kinds.SYNTHESIS_PUBLISHED.name)
        return list(entries.for_reading().latest_first()[:SHOWN])

    def flags(self, body):
        """What the text says that this audience should not read, or would not understand."""
        return flags_in(body, self.house) if self.audience in OUTER_AUDIENCES else []

    @cached_property
    def house(self):
        return house_of(self.incident, self.synthesis)

    def arrivals(self, body, next_update_at, no_change=""):
        """How this text would reach the audience, channel by channel, with what publishing adds."""
        if no_change and not body and self.last:
            body = self.last.body
        last_number = self.incident.updates.aggregate(last=Max("number"))["last"] or 0
        return arrivals_of(
            self.incident,
            self.audience.value,
            body,
            number=last_number + 1,
            by=self.viewer,
            next_update_at=next_update_at,
            no_change=no_change,
        )

    # --- Inside ------------------------------------------------------------------------------------

    def _most_urgent(self):
        return Audience(min(self._due_at, key=self._due_at.get, default=Audience.COORDINATION))

    @cached_property
    def _due_at(self):
        clocks = self.incident.obligations.live().filter(kind=ObligationKind.UPDATE)
        return dict(clocks.values_list("audience", "due_at"))

    @cached_property
    def _last(self):
        return {update.audience: update for update in self.incident.updates.latest_of_each().with_people()}


def house_of(incident, synthesis=None):
    """What the word check has to know, as things stand."""
    findings = incident.findings.not_restricted().latest_first().values_list("condition", "actions")[:COMPARED]
    raw = [text for texts in findings for text in texts if text]
    return House(
        people=tuple(Membership.objects.active().exclude(person__name="").values_list("person__name", flat=True)),
        terms=tuple(GlossaryTerm.objects.plain_words().items()),
        raw=(*raw, *(synthesis.texts.values() if synthesis else ())),
        cause_confirmed=incident.hypotheses.filter(state=HypothesisState.CONFIRMED).exists(),
        estimate_public=has_public_estimate(incident),
    )


def first_words(audience, synthesis):
    """What a first draft to this audience starts as: its own fields and no others, within their limits."""
    if synthesis is None:
        return {}
    limits = {part.name: part.limit for part in PARTS[audience]}
    texts = {part: getattr(synthesis, line)[: limits[part]] for part, line in BEGINS_WITH[audience].items()}
    return {part: text for part, text in texts.items() if text}
