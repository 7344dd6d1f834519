"""The words of timeline entries: entries keep slugs and moments, people read names and times."""

import datetime

from django import template

from playbooks.models import Audience, Criticality, IncidentRole, Scope

from .. import kinds, rights
from ..models.change_states import ChangeState
from ..models.hypotheses import FixState
from ..models.impacts import BusinessLevel, ImpactLevel
from ..models.incident import Status
from ..models.touchpoints import Place
from ..models.workstreams import WorkstreamState

register = template.Library()

MACHINE = "Muster"
CHOICES = {
    "role": IncidentRole,
    "audience": Audience,
    "status": Status,
    "scope": Scope,
    "criticality": Criticality,
    "place": Place,
    "state": WorkstreamState,
    "change_result": ChangeState,
    "fix_result": FixState,
    "impact_level": ImpactLevel,
    "business_level": BusinessLevel,
}


@register.filter
def actor(entry):
    """Who did it: a name, or the product's own where no person acted."""
    return entry.actor.name if entry.actor else MACHINE


@register.filter
def version(entry):
    """What tells two drawings of one line apart: the wording of its message, and the time as it is known now."""
    said = getattr(entry, "said", None)
    words = f"{said.version}{'d' * bool(said.deleted_at)}" if said else ""
    corrected = getattr(entry, "corrected_at", None)
    return f"{words}{corrected:@%Y%m%d%H%M%S}" if corrected else words


@register.filter
def is_system(entry):
    """Whether the entry is the machinery's and folded away at first sight."""
    return kinds.named(entry.kind).system


@register.filter
def label(value, choices):
    """The label of a stored choice, in the middle of a sentence: `"lead"|label:"role"` is `incident lead`.

    A value that is no choice, or none any more, is shown in its own words.
    """
    known = CHOICES[choices]
    return known(value).label.lower() if value in known.values else str(value).replace("-", " ").replace("_", " ")


@register.filter
def clause(text):
    """A person's words inside a sentence of ours, which has its own full stop."""
    return text.rstrip(".")


@register.filter
def hat(entry):
    """The role that an entry is about, as it was called then; older entries kept its slug alone."""
    return entry.details.get("title") or label(entry.details.get("role", ""), "role")


@register.filter
def names(slugs):
    """Stored slugs as a list for reading: `engineering, customer data`."""
    return ", ".join(str(slug).replace("-", " ").replace("_", " ") for slug in slugs or [])


@register.filter
def told_names(told):
    """Whom a clock's step told, in words."""
    return ", ".join(label(role, "role") for role in told or [])


@register.filter
def authority_words(authority):
    """By what somebody decided: a role, or what stood in for one."""
    return rights.in_words(authority) if authority else "nobody's authority"


@register.filter
def as_moment(text):
    """A moment that was stored as text, or None."""
    return datetime.datetime.fromisoformat(text) if text else None


@register.filter
def kind_label(kind):
    """A kind for a list of choices: `Severity changed`."""
    return kind.name.replace("_", " ").capitalize()
