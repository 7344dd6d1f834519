"""Guards over what is said outside: not too often, and not the same again and again."""

from datetime import timedelta

from playbooks.models import Audience, IncidentRole

from ..news import news_since
from ..wording import House, flags_in
from .gaps import Breach, Gap

TOO_SOON = "update_too_soon"
NO_NEWS = "update_without_news"
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


def no_news(incident, last, body, *, by):
    """S16: the breach of an update that tells nothing its audience has not heard, or None.

    The first word never is one, and a holding text had told nothing.
    """
    if last is None or last.holding or not incident.is_open:
        return None
    if body == last.body:
        found = f"This is what update {last.number} said."
    elif news_since(incident, last, viewer=by).exists():
        return None
    else:
        found = f"Nothing new for {last.get_audience_display().lower()} is on record since update {last.number}."
    return Breach(
        NO_NEWS,
        f"{found} Say why nothing has changed, which they read; or what is new, and why it is not on record.",
        subject=last.audience,
        offers=("no_change",),
    )


class UpdateChallenged:
    """S70: somebody who knows better holds what an audience was told to be wrong, and nobody has answered."""

    code = "update_challenged"

    def gaps(self, facts):
        for challenge in facts.challenges:
            update = challenge.update
            yield Gap(
                self.code,
                f"{challenge.challenged_by.name} challenges update {update.number} to "
                f"{update.get_audience_display().lower()}.",
                challenge.challenged_at,
                subject=f"{update.number}:{challenge.pk}",
                owner_role=IncidentRole.COMMUNICATIONS_LEAD,
                step="Correct it, withdraw it, or say why it stands",
                place=f"challenges/{challenge.pk}/",
            )


class NothingNew:
    """S16: an audience keeps hearing that nothing has changed."""

    code = "nothing_new"

    @staticmethod
    def subject(update):
        """What a waiver is about: this time, not the audience for ever."""
        return f"{update.audience}:{update.number}"

    def gaps(self, facts):
        for update in facts.said:
            if update.unchanged_times >= OFTEN:
                audience = Audience(update.audience).label
                yield Gap(
                    self.code,
                    f"{audience} heard {update.unchanged_times} times in a row that nothing has changed.",
                    update.published_at,
                    waivable=True,
                    subject=self.subject(update),
                    owner_role=IncidentRole.LEAD,
                    step="See what can be told",
                    place=f"drafts/{update.audience}/",
                )


def unconfirmed(draft):
    """The breach of saying what nobody else has read although somebody has to, or None."""
    if not draft.needs_confirmation:
        return None
    who = "whoever leads" if draft.wants == "lead" else "a second person"
    return Breach(
        "draft_unconfirmed",
        f"At this severity {who} confirms what {draft.get_audience_display().lower()} hear. Ask, or say why not.",
        subject=draft.audience,
    )


def unapproved_estimate(incident, audience, body):
    """G12, its second half: the breach of an estimate for customers that the lead has not made public, or None."""
    if audience != Audience.CUSTOMERS or has_public_estimate(incident):
        return None
    flag = next((flag for flag in flags_in(body, House(cause_confirmed=True)) if flag.code == "estimate"), None)
    if flag is None:
        return None
    return Breach(
        "unapproved_estimate",
        f"“{flag.word}” reads like an estimate, and whoever leads has made none public.",
        subject=audience,
    )


def has_public_estimate(incident):
    """Whether the estimate that holds may be told to customers."""
    estimates = getattr(incident, "estimates", None)
    current = estimates.current() if estimates is not None else None
    return bool(current and current.public)
