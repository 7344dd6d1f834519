"""What an audience can be told that it has not heard: what is on record since the last update to it."""

from . import kinds

# What changes what can be said: findings and what is made of them, decisions, results, how bad it is and how far.
NEWS = (
    kinds.SYNTHESIS_PUBLISHED,
    kinds.FINDING_RAISED,
    kinds.FINDING_CORRECTED,
    kinds.DECISION_MADE,
    kinds.DECISION_REVERSED,
    kinds.DECISION_EXECUTED,
    kinds.FIX_ENDED,
    kinds.CHANGE_ENDED,
    kinds.HYPOTHESIS_CONFIRMED,
    kinds.HYPOTHESIS_RULED_OUT,
    kinds.ESTIMATE_SET,
    kinds.IMPACT_CONFIRMED,
    kinds.IMPACT_ENDED,
    kinds.ASSESSED,
    kinds.SEVERITY_CHANGED,
    kinds.STATUS_CHANGED,
    kinds.RESOLVED,
    kinds.REOPENED,
)


def news_since(incident, update, *, viewer=None):
    """The entries that came after an update to an audience, or all of them without one; what `viewer` may know of.

    A correction is no news: whatever came after the update that it corrects has not been told.
    """
    entries = incident.timeline.of_kinds(*(kind.name for kind in NEWS))
    if viewer is not None:
        entries = entries.visible_to(viewer)
    if update is None:
        return entries
    told = incident.timeline.get(kind=kinds.UPDATE_PUBLISHED.name, details__update=update.told_again[-1])
    return entries.after(told.number)
