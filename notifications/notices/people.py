"""People: who is called, invited, lent, thanked, or only follows."""

from incidents import kinds
from incidents.models import ReinforcementRequest

from ..recipients import ROOM
from .words import Words, moment, named, who


def _function(entry, reader):
    name = entry.details.get("name", "A function")
    facts = named(
        ("Needed", name),
        ("Called by", entry.details.get("rule") or who(entry)),
        ("Because", entry.details.get("reason")),
        ("Status", entry.incident.get_status_display()),
        ("What is known", entry.incident.summary),
    )
    return Words(f"{name} is needed", facts, "Open the incident and say that you are on it")


def _released(entry, reader):
    details = entry.details
    facts = named(
        ("Thanks", details.get("thanks")),
        ("Because", details.get("reason")),
        ("By", who(entry)),
        ("From now on", "you follow it and hear what is broadcast" if details.get("follows") else "you hear no more"),
    )
    return Words("You are released", facts)


def _recalled(entry, reader):
    facts = named(("By", who(entry)), ("Because", entry.details.get("waiver")))
    return Words("You are needed again", facts)


def _team(entry, reader):
    facts = named(
        ("Severity", entry.incident.severity.name),
        ("Team", entry.details.get("name")),
        ("By", who(entry)),
        ("From now on", "you hear what is broadcast; nothing is asked of you"),
    )
    return Words("Your team follows it", facts)


def _invited(entry, reader):
    details, incident = entry.details, entry.incident
    facts = named(
        ("Wanted for", details.get("wanted_for")),
        ("Invited by", who(entry)),
        ("Because", details.get("reason")),
        ("Did not answer", details.get("after")),
        ("Answer by", moment(details["expires_at"], incident.organization) if "expires_at" in details else ""),
        ("What is known", incident.summary),
    )
    return Words("You are invited", facts, "Open the incident and accept or decline")


def _answered(answer):
    def words(entry, reader):
        details = entry.details
        facts = named(
            ("Wanted for", details.get("wanted_for")),
            ("Because", details.get("reason")),
            ("Asked instead", details.get("rerouted_to")),
            ("Told instead", "administrators" if details.get("to_administrators") else ""),
        )
        return Words(f"{details.get('name', 'Somebody')} {answer}", facts)

    return words


def _reinforcement(headline, act="Open the incident"):
    """`headline` is filled with the `name` of whom it is about. What somebody is needed for is for responders."""

    def words(entry, reader):
        details = entry.details
        request = ReinforcementRequest.objects.with_people().get(pk=details["reinforcement"])
        inside = reader == ROOM
        answer_by = request.answer_by if "answer_by" in details else None
        facts = named(
            ("Who", details["name"]),
            ("Needed for", request.purpose if inside else ""),
            ("For", f"{request.hours} {'hour' if request.hours == 1 else 'hours'}" if request.hours else ""),
            ("Asked by", request.requested_by.name),
            ("Answer by", moment(answer_by, entry.incident.organization) if answer_by else ""),
            ("Answered by", request.answered_by.name if request.answered_by else ""),
            ("Because", (request.answer if inside else "") or details.get("because") or details.get("reason")),
            ("Decision", f"D{details['decision']}" if details.get("decision") else ""),
        )
        page = f"reinforcements/{request.pk}/answer/"
        return Words(headline.format(name=details["name"]), facts, act, page=page)

    return words


WORDS = {
    kinds.FUNCTION_REQUESTED.name: _function,
    kinds.PARTICIPANT_LEFT.name: _released,
    kinds.PARTICIPANT_RECALLED.name: _recalled,
    kinds.TEAM_FOLLOWS.name: _team,
    kinds.INVITATION_SENT.name: _invited,
    kinds.INVITATION_ACCEPTED.name: _answered("comes"),
    kinds.INVITATION_DECLINED.name: _answered("does not come"),
    kinds.INVITATION_EXPIRED.name: _answered("did not answer"),
    kinds.REINFORCEMENT_ASKED.name: _reinforcement("{name} is asked for", "Let them go, or object"),
    kinds.REINFORCEMENT_TAKEN.name: _reinforcement("{name} is called in", "Object, if they cannot be spared"),
    kinds.REINFORCEMENT_AGREED.name: _reinforcement("{name} may come and is invited"),
    kinds.REINFORCEMENT_OBJECTED.name: _reinforcement("An executive decides about {name}", "See why"),
    kinds.REINFORCEMENT_UNANSWERED.name: _reinforcement("Nobody answered for {name}: an executive decides"),
    kinds.REINFORCEMENT_GRANTED.name: _reinforcement("{name} is lent to it"),
    kinds.REINFORCEMENT_REFUSED.name: _reinforcement("{name} stays where they are"),
    kinds.REINFORCEMENT_WITHDRAWN.name: _reinforcement("{name} is not needed any more"),
    kinds.REINFORCEMENT_LAPSED.name: _reinforcement("Nobody has to answer for {name} any more"),
}
