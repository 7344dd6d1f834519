"""Commands that need more than a line: each opens the page of its act with what was typed in its fields."""

from playbooks.models import Audience, Severity

from .names import one_named
from .outcomes import Unclear


def decide(asked):
    return asked.opens("decisions/new/", subject=asked.words)


def severity(asked):
    """Its page tells what a severity does before anybody chooses it."""
    word = asked.word()
    if not word:
        return asked.opens("severity/")
    known = {each.slug: each for each in Severity.objects.worst_first()}
    by_number = {str(each.rank): slug for slug, each in known.items()}
    by_name = {each.name.lower(): slug for slug, each in known.items()}
    wanted = one_named(word, known, what="severity", aliases=by_number | by_name)
    return asked.opens("severity/", severity=wanted.slug, reason=asked.reason())


def update(asked):
    word = asked.word()
    audience = one_named(word, {each.value: each for each in Audience}, what="audience").value if word else ""
    return asked.opens("updates/new/", whole=True, audience=audience, text=asked.words)


def hand_over(asked):
    to = asked.person()
    if not asked.incident.roles.current().filter(membership=asked.by).exists():
        raise Unclear("You hold no role here that you could hand over.")
    return asked.opens("handover/", whole=True, to=to.pk if to else "", situation=asked.words)


def catch_up(asked):
    return asked.opens("catch-up/", whole=True)
