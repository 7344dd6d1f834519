"""Guards over what is said outside: not too often, and not the same again and again."""

from datetime import timedelta

from playbooks.models import Audience, IncidentRole

from .gaps import Breach, Gap

TOO_SOON = "update_too_soon"
# How often in a row an audience hears that nothing has changed before the lead is told.
OFTEN = 2


def too_soon(last, minimum, now):
    """G12, its first half: the breach of an update this soon after `last`, or None; a first word never is."""
    if last is None or minimum is None or now >= last.published_at + timedelta(minutes=minimum):
        return None
    ago = int((now - last.published_at).total_seconds() // 60)
    return Breach(
        TOO_SOON,
        f"{last.get_audience_display()} heard {ago or 'less than a'} minute{'s' if ago > 1 else ''} ago, and hear at "
        f"most every {minimum}. Say what is new, or wait.",
        subject=last.audience,
    )


class NothingNew:
    """S16: an audience keeps hearing that nothing has changed."""

    code = "nothing_new"

    def gaps(self, facts):
        for update in facts.said:
            if update.unchanged_times >= OFTEN:
                audience = Audience(update.audience).label
                yield Gap(
                    self.code,
                    f"{audience} heard {update.unchanged_times} times in a row that nothing has changed.",
                    update.published_at,
                    waivable=True,
                    subject=f"{update.audience}:{update.number}",
                    owner_role=IncidentRole.LEAD,
                    step="See what can be told",
                    place=f"updates/new/?audience={update.audience}",
                )
