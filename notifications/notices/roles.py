"""Hats: who gets one, who is asked to, who hands one over, and that nobody wears it."""

from incidents import kinds

from .words import Words, named, role_name, who


def _assignment(entry, reader):
    role = entry.details.get("title") or role_name(entry.details.get("role", "")).lower()
    facts = named(
        ("Your role", role[:1].upper() + role[1:]),
        ("Handed over by", entry.details.get("before")),
        ("Assigned by", who(entry)),
        ("Because", entry.details.get("waiver")),
    )
    return Words(f"You are {role}", facts)


def _hat(headline, act="Open the incident"):
    """`headline` is filled with what the entry says of the hat: `{name}`, `{title}`, `{successor}`, `{before}`."""

    def words(entry, reader):
        details = entry.details
        known = {part: details.get(part, "somebody") for part in ("name", "successor", "before")}
        title = details.get("title") or role_name(details.get("role", "")).lower()
        facts = named(
            ("Role", title[:1].upper() + title[1:]),
            ("Held by", details.get("name")),
            ("Successor", details.get("successor")),
            ("By", who(entry)),
            ("Because", details.get("reason") or details.get("waiver")),
            ("Asked now", details.get("following")),
        )
        return Words(headline.format(title=title, **known), facts, act)

    return words


WORDS = {
    kinds.ROLE_TAKEN.name: _assignment,
    kinds.ROLE_HANDED_OVER.name: _assignment,
    kinds.ROLE_DECLINED.name: _hat("{name} cannot be {title}", "Find somebody else"),
    kinds.ROLE_UNANSWERED.name: _hat("{name} has not answered about being {title}", "See who could"),
    kinds.ROLE_OFFERED.name: _hat("Can you be {title}?", "Say whether you can"),
    kinds.ROLE_VOLUNTEERED.name: _hat("{name} would be {title}", "Give the role"),
    kinds.ROLE_OFFER_ENDED.name: _hat("No answer from {name} about being {title}", "See who could"),
    kinds.ROLE_VACANT.name: _hat("Nobody is {title}", "Take the role, or give it to somebody"),
    kinds.ROLE_SEIZED.name: _hat("{name} is {title} now, after {before}"),
    kinds.HANDOVER_BEGUN.name: _hat("{name} hands over to {successor}: {title}", "Read the hand-over and take it"),
    kinds.HANDOVER_ENDED.name: _hat("{name} stays {title}"),
    kinds.LONG_DUTY.name: _hat("{name} has been {title} for long: hand over", "Begin the hand-over"),
}
