"""What a notice says: subject and plain text first, the same as HTML, and a line that fits a text message."""

import zoneinfo
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from incidents import kinds
from incidents.models import (
    Ask,
    Commitment,
    Finding,
    FunctionActivation,
    Incident,
    Question,
    ReinforcementRequest,
    ResolutionEstimate,
    Spike,
    SupportBrief,
    Synthesis,
    Task,
    UpdateChallenge,
)
from incidents.models.change_states import ChangeState
from incidents.models.synthesis import LINES
from incidents.models.updates import PARTS
from incidents.rights import in_words
from incidents.sms_length import sms_length
from playbooks.models import Audience, IncidentRole, RoleDefinition

from .lettering import cut, plain, printable
from .models import Notice
from .recipients import BRIEFING, ROOM, UPDATE

SUBJECT_LIMIT = 180
SHORT_LIMIT = 320
# The page for whoever only has to know and to decide.
BRIEF = "brief/"


@dataclass(frozen=True)
class Words:
    """`headline` is one sentence without a stop; `facts` are `(label, text)`; `act` is the word on the link.

    `gist` is what a text message says beside the headline; the incident's title, where it is empty. `page` is where the
    link leads, below the incident's own.
    """

    headline: str
    facts: tuple = ()
    act: str = "Open the incident"
    gist: str = ""
    page: str = ""


def compose(entry, reader):
    """An unsaved `Notice` of an entry for one kind of reader; `entry` comes with incident, severity and actor."""
    incident = entry.incident
    words = _WORDS[entry.kind](entry, reader)
    if reader == BRIEFING and not words.page:
        words = replace(words, page=BRIEF)
    context = {
        "words": words,
        "incident": incident,
        "url": address_of(incident, words.page),
        "drill": incident.drill,
        "title": printable(incident.title),
        "organization": incident.organization,
    }
    return Notice(
        entry=entry,
        incident=incident,
        reader=reader,
        subject=_subject(incident, words),
        text=render_to_string("notifications/notice.txt", context).strip() + "\n",
        html=render_to_string("notifications/notice.html", context),
        short=_short(incident, words),
    )


def compose_alone(organization, words, url):
    """An unsaved `Notice` of something that no incident is about, for who is to decide; the link leads to `url`."""
    context = {"words": words, "url": url, "organization": organization}
    name = printable(organization.name)
    return Notice(
        reader=ROOM,
        subject=cut(f"[{name}] {words.headline}: {words.gist}", SUBJECT_LIMIT),
        text=render_to_string("notifications/notice.txt", context).strip() + "\n",
        html=render_to_string("notifications/notice.html", context),
        short=cut(plain(f"{name}: {words.headline}. {words.gist}"), SHORT_LIMIT - len(url) - 1, "...") + f" {url}",
    )


def address_of(incident, page=""):
    path = reverse("incidents:detail", kwargs={"org": incident.organization.slug, "number": incident.number})
    return settings.BASE_URL + path + page


def _subject(incident, words):
    drill = "DRILL " if incident.drill else ""
    subject = f"{drill}[{incident.severity.name} {incident.key}] {words.headline}: {incident.title}"
    return cut(printable(subject), SUBJECT_LIMIT)


def _short(incident, words):
    """Name, what happened and the link in one text message; what is between gives way where it does not fit.

    Where letters ask for the larger alphabet, or an update has something to say, two messages have to do.
    """
    drill = "DRILL " if incident.drill else ""
    start = plain(f"{drill}{incident.severity.name} {incident.key}: {words.headline}. ")
    gist, end = plain(printable(words.gist or incident.title)), f" {address_of(incident, words.page)}"
    parts = 1 if sms_length(start + gist + end).is_gsm and not words.gist else 2
    limit = len(gist)
    while limit and sms_length(start + cut(gist, limit, "...") + end).parts > parts:
        limit -= 1
    return (start + cut(gist, limit, "...") + end)[:SHORT_LIMIT]


def _moment(value, organization):
    """An exact time in the organisation's zone, and in UTC where that differs."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    local = value.astimezone(zoneinfo.ZoneInfo(organization.time_zone))
    universal = f"{value.astimezone(UTC):%H:%M} UTC"
    if local.utcoffset() == value.astimezone(UTC).utcoffset():
        return f"{local:%-d %b %Y}, {universal}"
    return f"{local:%-d %b %Y, %H:%M %Z} ({universal})"


def _who(entry):
    return entry.actor.name if entry.actor else ""


def _named(*facts):
    return tuple((label, str(text)) for label, text in facts if text)


# --- By kind of entry: what the reader has to know, in the order they need it --------------------------


def _declared(entry, reader):
    incident, details = entry.incident, entry.details
    facts = [
        ("Severity", incident.severity.name),
        ("Type", incident.incident_type),
        ("Services", ", ".join(incident.services.order_by("position", "name").values_list("name", flat=True))),
        ("Declared", _moment(entry.happened_at, incident.organization)),
        ("By", _who(entry) or details.get("detected_by") or "an alert"),
    ]
    if reader == ROOM:
        called = FunctionActivation.objects.filter(incident=incident).awaited().with_functions()
        facts += [
            ("What is known", incident.summary),
            ("Functions called", ", ".join(activation.function.name for activation in called)),
        ]
    return Words("Declared", _named(*facts))


def _severity_changed(entry, reader):
    details, incident = entry.details, entry.incident
    facts = [
        ("From", details.get("before", "").upper()),
        ("To", details.get("after", "").upper()),
        ("By", _who(entry)),
    ]
    if reader == ROOM:
        facts.append(("Because", details.get("reason")))
    return Words(f"Now {incident.severity.name}, {details.get('direction', 'changed')}", _named(*facts))


def _update(entry, reader):
    """From the entry alone: the composer asks for the words of an update that is not published yet."""
    details = entry.details
    said = [(part.label, details["body"].get(part.name)) for part in PARTS[details["audience"]]]
    facts = [("No change", details.get("no_change")), *said]
    if details.get("next_update_at"):
        facts.append(("Next update by", _moment(details["next_update_at"], entry.incident.organization)))
    to_leadership = details["audience"] == Audience.LEADERSHIP
    return Words(
        f"Update {details['number']} to {_audience(details['audience']).lower()}",
        _named(*facts),
        act="Read the briefing, ask, decide" if to_leadership else "Open the incident",
        gist=" ".join(text for _, text in said if text),
        page=BRIEF if to_leadership else "",
    )


def _corrected(entry, reader):
    details = entry.details
    said = [(part.label, details["body"].get(part.name)) for part in PARTS[details["audience"]]]
    facts = [("What was wrong", details["reason"]), *said]
    headline = f"Correction of update {details['corrects']} to {_audience(details['audience']).lower()}"
    return Words(headline, _named(*facts), gist=" ".join(text for _, text in facts if text))


def _withdrawn(entry, reader):
    details = entry.details
    headline = f"Update {details['number']} to {_audience(details['audience']).lower()} is withdrawn"
    return Words(headline, _named(("Because", details["reason"])), gist=details["reason"])


def _draft(entry, reader):
    audience = _audience(entry.details["audience"]).lower()
    return Words(
        f"A draft to {audience} waits for you",
        _named(("From", _who(entry))),
        "Read it and confirm the facts",
        page=f"drafts/{entry.details['audience']}/",
    )


def _function(entry, reader):
    name = entry.details.get("name", "A function")
    facts = _named(
        ("Needed", name),
        ("Called by", entry.details.get("rule") or _who(entry)),
        ("Because", entry.details.get("reason")),
        ("Status", entry.incident.get_status_display()),
        ("What is known", entry.incident.summary),
    )
    return Words(f"{name} is needed", facts, "Open the incident and say that you are on it")


def _assignment(entry, reader):
    role = entry.details.get("title") or _role(entry.details.get("role", "")).lower()
    facts = _named(
        ("Your role", role[:1].upper() + role[1:]),
        ("Handed over by", entry.details.get("before")),
        ("Assigned by", _who(entry)),
        ("Because", entry.details.get("waiver")),
    )
    return Words(f"You are {role}", facts)


def _invited(entry, reader):
    details, incident = entry.details, entry.incident
    facts = _named(
        ("Wanted for", details.get("wanted_for")),
        ("Invited by", _who(entry)),
        ("Because", details.get("reason")),
        ("Did not answer", details.get("after")),
        ("Answer by", _moment(details["expires_at"], incident.organization) if "expires_at" in details else ""),
        ("What is known", incident.summary),
    )
    return Words("You are invited", facts, "Open the incident and accept or decline")


def _answered(answer):
    def words(entry, reader):
        details = entry.details
        facts = _named(
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
        facts = _named(
            ("Who", details["name"]),
            ("Needed for", request.purpose if inside else ""),
            ("For", f"{request.hours} {'hour' if request.hours == 1 else 'hours'}" if request.hours else ""),
            ("Asked by", request.requested_by.name),
            ("Answer by", _moment(answer_by, entry.incident.organization) if answer_by else ""),
            ("Answered by", request.answered_by.name if request.answered_by else ""),
            ("Because", (request.answer if inside else "") or details.get("because") or details.get("reason")),
            ("Decision", f"D{details['decision']}" if details.get("decision") else ""),
        )
        page = f"reinforcements/{request.pk}/answer/"
        return Words(headline.format(name=details["name"]), facts, act, page=page)

    return words


def _hat(headline, act="Open the incident"):
    """`headline` is filled with what the entry says of the hat: `{name}`, `{title}`, `{successor}`, `{before}`."""

    def words(entry, reader):
        details = entry.details
        known = {part: details.get(part, "somebody") for part in ("name", "successor", "before")}
        title = details.get("title") or _role(details.get("role", "")).lower()
        facts = _named(
            ("Role", title[:1].upper() + title[1:]),
            ("Held by", details.get("name")),
            ("Successor", details.get("successor")),
            ("By", _who(entry)),
            ("Because", details.get("reason") or details.get("waiver")),
            ("Asked now", details.get("following")),
        )
        return Words(headline.format(title=title, **known), facts, act)

    return words


def _recalled(entry, reader):
    facts = _named(("By", _who(entry)), ("Because", entry.details.get("waiver")))
    return Words("You are needed again", facts)


def _released(entry, reader):
    details = entry.details
    facts = _named(
        ("Thanks", details.get("thanks")),
        ("Because", details.get("reason")),
        ("By", _who(entry)),
        ("From now on", "you follow it and hear what is broadcast" if details.get("follows") else "you hear no more"),
    )
    return Words("You are released", facts)


def _team(entry, reader):
    facts = _named(
        ("Severity", entry.incident.severity.name),
        ("Team", entry.details.get("name")),
        ("By", _who(entry)),
        ("From now on", "you hear what is broadcast; nothing is asked of you"),
    )
    return Words("Your team follows it", facts)


def _defaulted(entry, reader):
    called = ", ".join(entry.details.get("functions", ()))
    return Words("Not assessed within five minutes", _named(("Called for meanwhile", called)), "Assess it now")


def _clock(phrase):
    def words(entry, reader):
        details = entry.details
        tier = _audience(details.get("audience", ""))
        subject = f"Update to {tier.lower()}" if tier else "Assessment"
        names = RoleDefinition.objects.names()
        facts = _named(
            ("Due", _moment(details["due_at"], entry.incident.organization)),
            ("Told", ", ".join(_role(role, names) for role in details.get("told", ()))),
        )
        return Words(f"{subject} {phrase}", facts, "Publish the update" if tier else "Assess the incident")

    return words


def _to_decide(phrase):
    """Fit to be read alone: what is asked, between what, until when, and what it costs to wait."""

    def words(entry, reader):
        details, organization = entry.details, entry.incident.organization
        needed_by = details.get("needed_by") or details.get("due_at")
        facts = _named(
            ("Decision", details["subject"]),
            *((f"Option {number}", text) for number, text in enumerate(details.get("options", ()), start=1)),
            ("Given up for it", ", ".join(details.get("commitments_sacrificed", ()))),
            ("Needed by", _moment(needed_by, organization) if needed_by else ""),
            ("Cost of waiting", details.get("cost_of_waiting")),
            ("Asked by", _who(entry)),
            ("Told", ", ".join(_role(role) for role in details.get("told", ()))),
        )
        return Words(f"D{details['decision']} {phrase}", facts, "Decide", details["subject"], _decision_page(entry))

    return words


def _finding(headline, act="Acknowledge it"):
    def words(entry, reader):
        finding = Finding.objects.with_people().get(pk=entry.details["finding"])
        said = finding.remarks.filter(entry=entry).first()
        facts = _named(
            (f"{_who(entry)} {said.get_kind_display()}" if said else "", said.text if said else ""),
            ("In place of", finding.corrects.label if finding.corrects else ""),
            ("Condition", finding.condition),
            ("Actions", finding.actions),
            ("Needs", finding.needs),
            ("Meaning", finding.meaning),
            ("Confidence", finding.get_confidence_display()),
            ("Domain", finding.domain),
            ("Raised by", finding.raised_by.name if finding.raised_by else ""),
            ("Acknowledge by", _moment(finding.acknowledge_by, entry.incident.organization)),
        )
        page = f"findings/{finding.pk}/"
        if entry.details.get("for_author"):
            return Words(f"Finding {finding.label} waits for a word", facts, "Reply", finding.condition, page)
        return Words(f"Finding {finding.label} {headline}", facts, act, gist=finding.condition, page=page)

    return words


def _challenge(headline, act):
    """A challenge of an update, with what was said then, what is not right, and what became of it."""

    def words(entry, reader):
        challenge = UpdateChallenge.objects.with_people().get(pk=entry.details["challenge"])
        update = challenge.update
        facts = _named(
            ("Not right, because", challenge.reason),
            ("Challenged by", challenge.challenged_by.name),
            *update.parts,
            (f"{challenge.get_state_display()}, because", challenge.answer),
            ("Answered by", challenge.answered_by.name if challenge.answered_by else ""),
            ("Answer by", _moment(challenge.answer_by, entry.incident.organization) if challenge.is_open else ""),
        )
        headed = f"Update {update.number} to {_audience(update.audience).lower()} {headline}"
        page = f"challenges/{challenge.pk}/" if challenge.is_open else f"updates/{update.number}/"
        return Words(headed, facts, act, gist=challenge.answer or challenge.reason, page=page)

    return words


def _synthesis(headline, act="Read it"):
    """What we know, in the words of the version that the entry is about."""

    def words(entry, reader):
        details = entry.details
        version = details.get("version")
        found = Synthesis.objects.filter(incident=entry.incident, version=version).first() if version else None
        challenged = found.challenge_reason if found and entry.kind == kinds.SYNTHESIS_CHALLENGED.name else ""
        newer = ", ".join(f"F{number}" for number in details.get("findings", ()))
        facts = _named(
            ("Not right, because", challenged),
            ("By", _who(entry)),
            ("Behind it" if entry.kind == kinds.SYNTHESIS_PUBLISHED.name else "Found since", newer),
            *((line.label, getattr(found, line.name)) for line in LINES if found),
        )
        gist = found.known if found else ""
        return Words(headline.format(version=version or ""), facts, act, gist, "synthesis/")

    return words


def _delegated(headline):
    def words(entry, reader):
        until = entry.details.get("until")
        facts = _named(
            ("By", _who(entry)),
            ("Until", _moment(until, entry.incident.organization) if until else ""),
            ("Because", entry.details.get("waiver")),
        )
        headed = headline.format(name=entry.details.get("name", "Somebody"))
        return Words(headed, facts, "Look at what was found", page="synthesis/")

    return words


def _task(headline):
    def words(entry, reader):
        details = entry.details
        task = Task.objects.with_people().get(pk=details["task"])
        facts = _named(
            ("Task", f"{task.label} {task.text}"),
            ("Owner", details.get("name")),
            ("Due", _moment(task.due_at, entry.incident.organization) if task.due_at else ""),
            ("From", _who(entry)),
            ("Because", details.get("waiver")),
        )
        return Words(f"Task {task.label} {headline}", facts, gist=task.text)

    return words


def _question(headline, act):
    """Also where stakeholders read it: the words are their own, and those that were meant for them."""

    def words(entry, reader):
        question = Question.objects.with_people().get(pk=entry.details["question"])
        facts = _named(
            ("Question", question.text),
            ("Asked by", _and_others(question.asker.name, entry.details.get("askers", ()))),
            ("Answer" if question.state == Question.State.ANSWERED else "No answer, because", question.answer),
            ("By", question.answered_by.name if question.answered_by else ""),
            ("Answer by", _moment(question.answer_by, entry.incident.organization) if question.is_waiting else ""),
        )
        return Words(f"Question {question.label} {headline}", facts, act, gist=question.answer or question.text)

    return words


def _spike(entry, reader):
    spike = Spike.objects.select_related("severity").get(pk=entry.details["spike"])
    proposed = f"Raise it to {spike.severity.name}" if spike.severity else "Declare an incident"
    facts = _named(("Counted", spike.sentence), ("Proposed", proposed))
    return Words("More customers write than usual", facts, "Say yes, or why not", spike.sentence, "reports/")


def _spike_waits(entry, reader):
    words = _spike(entry, reader)
    return replace(words, facts=(*words.facts, *_named(("Waits", "Nobody has answered yet."))))


def _spike_over(entry, reader):
    spike = Spike.objects.get(pk=entry.details["spike"])
    facts = _named(("Counted", spike.sentence), ("Now", "What was proposed fell away by itself."))
    return Words("Fewer customers write again", facts, "Look at the reports", spike.sentence, "reports/")


def _support_brief(entry, reader):
    """What agents say, in their mail: those were written for them."""
    brief = SupportBrief.objects.for_reading().get(pk=entry.details["support_brief"])
    organization = entry.incident.organization
    facts = _named(
        ("Say", brief.say),
        ("Do not say", brief.avoid),
        ("Meanwhile customers can", brief.workaround),
        ("More at", _moment(brief.next_update_at, organization) if brief.next_update_at else ""),
        ("Written by", _who(entry)),
    )
    return Words(
        f"What agents say, version {brief.version}", facts, "Read it before you answer", brief.say, "support-brief/"
    )


def _and_others(name, askers):
    return f"{name} and {len(askers) - 1} more" if len(askers) > 1 else name


def _ask(headline, act):
    """What an engineer reads: the words put to them, and never those of the question."""

    def words(entry, reader):
        ask = Ask.objects.with_people().get(pk=entry.details["ask"])
        facts = _named(
            ("Asked", ask.text),
            ("What for", ask.purpose),
            ("Asked by", ask.asked_by.name),
            ("Answer" if ask.state == Ask.State.ANSWERED else "No answer, because", ask.answer),
            ("Needed by", _moment(ask.needed_by, entry.incident.organization) if ask.is_open else ""),
        )
        return Words(
            f"{ask.label} {headline.format(name=ask.addressee.name)}",
            facts,
            act,
            ask.answer or ask.text,
            f"asks/{ask.pk}/",
        )

    return words


def _let_in(entry, reader):
    until = _moment(entry.details["until"], entry.incident.organization)
    facts = _named(("Workstream", entry.workstream), ("Until", until), ("Let in by", _who(entry)))
    return Words("You may speak in a technical workstream", facts)


def _blocked(entry, reader):
    details = entry.details
    facts = _named(("Waits", details.get("waiting")), ("By", _who(entry)), ("Because", details.get("reason")))
    return Words(f"“{details.get('waiting')}” waits for “{details.get('blocking')}”", facts, "Open the workstream")


def _unblocked(entry, reader):
    details = entry.details
    facts = _named(("Can go on", details.get("waiting")), ("By", _who(entry)))
    return Words(
        f"“{details.get('waiting')}” waits no longer for “{details.get('blocking')}”", facts, "Open the workstream"
    )


def _silent(entry, reader):
    details = entry.details
    last = details.get("last_word_at")
    facts = _named(
        ("Workstream", details.get("title")),
        ("Last word", _moment(last, entry.incident.organization) if last else "None yet"),
        ("Told", ", ".join(_role(role) for role in details.get("told", ()))),
    )
    return Words(
        f"Nothing said in “{details.get('title')}” for {details.get('minutes')} minutes", facts, "Say how it goes"
    )


def _change(headline, act="Open the incident"):
    """`headline` says what became of the change, whose key comes first."""

    def words(entry, reader):
        details = entry.details
        key = details.get("key", "A change")
        result = ChangeState(details["result"]).label.lower() if "result" in details else ""
        facts = _named(
            ("Change", details.get("action")),
            ("Because", details.get("about") or details.get("reason") or details.get("text")),
            ("Until", _moment(details["due_at"], entry.incident.organization) if "due_at" in details else ""),
            ("By", _who(entry)),
            ("Although", details.get("waiver")),
        )
        return Words(headline.format(key=key, other=details.get("other", ""), result=result).strip(), facts, act)

    return words


def _sync(phrase):
    def words(entry, reader):
        details, organization = entry.details, entry.incident.organization
        starts_at = details.get("starts_at")
        facts = _named(
            ("When", _moment(starts_at, organization) if starts_at else ""),
            ("For", details.get("purpose")),
            ("With", ", ".join(details.get("names", ()))),
            ("By", _who(entry)),
            ("Because", details.get("reason")),
        )
        return Words(f"Sync point “{details['title']}” {phrase}", facts)

    return words


def _arranged(entry, reader):
    order = entry.details.get("order", ())
    return Words(f"Changes one after the other: {', then '.join(order)}", _named(("By", _who(entry))))


def _decision_made(entry, reader):
    details = entry.details
    facts = _named(
        ("Decision", details["subject"]),
        ("Choice", details.get("choice")),
        ("By", _who(entry)),
        ("Authority", "" if details.get("outside_authority") else in_words(details.get("authority", ""))),
        ("Because", details.get("reason")),
        ("Outside their authority, because", details.get("waiver")),
        ("In place of", f"D{details['supersedes']}" if details.get("supersedes") else ""),
        ("Takes back", f"D{details['reverses']}" if details.get("reverses") else ""),
    )
    headline = f"D{details['decision']} decided"
    if details.get("outside_authority"):
        headline += " outside authority"
    return Words(headline, facts, "Read it", details.get("choice", ""), _decision_page(entry))


def _estimate(headline, act="Open the incident"):
    def words(entry, reader):
        estimate = ResolutionEstimate.objects.get(pk=entry.details["estimate"])
        organization = entry.incident.organization
        before = entry.details.get("before")
        facts = _named(
            ("Earliest", _moment(estimate.earliest, organization) if estimate.earliest else "Nobody knows"),
            ("Latest", _moment(estimate.latest, organization) if estimate.latest else ""),
            ("Confidence", estimate.get_confidence_display()),
            ("Basis", estimate.basis),
            ("Before", _moment(before, organization) if before else ""),
            ("By", _who(entry)),
            ("Because", entry.details.get("waiver")),
        )
        return Words(headline, facts, act, page="facts/")

    return words


def _commitment(headline, act="Open the incident"):
    def words(entry, reader):
        commitment = Commitment.objects.with_people().get(pk=entry.details["commitment"])
        facts = _named(
            ("Promised" if commitment.is_told else "To be promised", commitment.text),
            ("To", commitment.to_whom),
            ("By", _moment(commitment.due_at, entry.incident.organization)),
            ("Owner", commitment.owner.name if commitment.owner else ""),
            ("From", _who(entry)),
            ("Because", entry.details.get("reason") or entry.details.get("waiver")),
        )
        return Words(f"{commitment.label} {headline}", facts, act, gist=commitment.text, page="facts/")

    return words


def _restoration(headline):
    def words(entry, reader):
        places = enumerate(entry.details.get("order", ()), start=1)
        facts = _named(
            *((f"{place}.", what) for place, what in places),
            ("By", _who(entry)),
            ("Because", entry.details.get("reason") or entry.details.get("waiver")),
        )
        return Words(headline, facts, page="facts/")

    return words


def _event(entry, reader):
    details, organization = entry.details, entry.incident.organization
    facts = _named(
        ("Event", details.get("name")),
        ("Begins", _moment(details["starts_at"], organization)),
        ("Ends", _moment(details["ends_at"], organization)),
        ("Commitments at risk", ", ".join(details.get("commitments", ()))),
        ("Task", f"T{details['task_number']}" if details.get("task_number") else ""),
    )
    return Words(f"“{details.get('name')}” needs what is affected", facts, "Hold it, move it or go on", page="facts/")


def _decision_page(entry):
    return f"decisions/{entry.details['decision']}/"


def _ended(headline):
    def words(entry, reader):
        facts = [("By", _who(entry)), ("At", _moment(entry.happened_at, entry.incident.organization))]
        if reader == ROOM:
            facts.append(("Because", entry.details.get("reason")))
        return Words(headline, _named(*facts))

    return words


def _merged(entry, reader):
    into = Incident.objects.filter(number=entry.details.get("into")).first()
    name = "another incident" if into is None or into.private else f"{into.key} {printable(into.title)}"
    return Words("Merged", _named(("Goes on in", name), ("By", _who(entry))))


def _role(slug, names=None):
    if names and slug in names:
        return names[slug]
    return IncidentRole(slug).label if slug in IncidentRole.values else slug.replace("_", " ").capitalize()


def _audience(slug):
    return Audience(slug).label if slug in Audience.values else ""


_WORDS = {
    kinds.DECLARED.name: _declared,
    kinds.SEVERITY_CHANGED.name: _severity_changed,
    kinds.UPDATE_PUBLISHED.name: _update,
    kinds.UPDATE_CORRECTED.name: _corrected,
    kinds.UPDATE_WITHDRAWN.name: _withdrawn,
    kinds.DRAFT_PROPOSED.name: _draft,
    kinds.FUNCTION_REQUESTED.name: _function,
    kinds.ROLE_TAKEN.name: _assignment,
    kinds.ROLE_HANDED_OVER.name: _assignment,
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
    kinds.ASSESSMENT_DEFAULTED.name: _defaulted,
    kinds.CLOCK_WARNED.name: _clock("due soon"),
    kinds.CLOCK_DUE.name: _clock("due now"),
    kinds.CLOCK_OVERDUE.name: _clock("overdue"),
    kinds.CLOCK_ESCALATED.name: _clock("still missing"),
    kinds.UPDATE_CHALLENGED.name: _challenge("is challenged", "Correct it, withdraw it, or say why it stands"),
    kinds.CHALLENGE_WAITS.name: _challenge("is challenged and waits", "Correct it, withdraw it, or say why it stands"),
    kinds.CHALLENGE_ANSWERED.name: _challenge("was challenged: there is an answer", "Read it"),
    kinds.FINDING_RAISED.name: _finding("for you"),
    kinds.FINDING_MORE_ASKED.name: _finding("is asked about", "Reply"),
    kinds.FINDING_CHALLENGED.name: _finding("is challenged", "Reply, or correct it"),
    kinds.FINDING_REPLIED.name: _finding("is answered"),
    kinds.FINDING_CORRECTED.name: _finding("corrects an earlier one"),
    kinds.FINDING_WAITS.name: _finding("waits to be acknowledged"),
    kinds.SYNTHESIS_PUBLISHED.name: _synthesis("What we know, version {version}"),
    kinds.SYNTHESIS_CHALLENGED.name: _synthesis("What we know, version {version}, is challenged", "Look at it"),
    kinds.SYNTHESIS_WAITS.name: _synthesis("More was found since we said what we know", "Write what is known now"),
    kinds.SYNTHESIS_DELEGATED.name: _delegated("You say what we know for a while"),
    kinds.SYNTHESIS_DELEGATION_ENDED.name: _delegated("{name} says no more what we know"),
    kinds.TASK_ADDED.name: _task("is yours"),
    kinds.TASK_GIVEN.name: _task("is yours"),
    kinds.TASK_DUE.name: _task("is due now"),
    kinds.TASK_OVERDUE.name: _task("is late"),
    kinds.QUESTION_ASKED.name: _question("asked", "Answer it"),
    kinds.QUESTION_ANSWERED.name: _question("answered", "Open the incident"),
    kinds.QUESTION_DECLINED.name: _question("declined", "Open the incident"),
    kinds.QUESTION_WAITS.name: _question("waits for an answer", "Answer it"),
    kinds.SPIKE_SEEN.name: _spike,
    kinds.SPIKE_WAITS.name: _spike_waits,
    kinds.SPIKE_FADED.name: _spike_over,
    kinds.SUPPORT_BRIEF_WRITTEN.name: _support_brief,
    kinds.ASK_PUT.name: _ask("for you", "Answer it"),
    kinds.ASK_ANSWERED.name: _ask("answered by {name}", "Read it"),
    kinds.ASK_WAITS.name: _ask("to {name} waits for an answer", "Answer it"),
    kinds.EXCEPTION_GRANTED.name: _let_in,
    kinds.WORKSTREAM_BLOCKED.name: _blocked,
    kinds.WORKSTREAM_UNBLOCKED.name: _unblocked,
    kinds.WORKSTREAM_SILENT.name: _silent,
    kinds.CHANGES_COLLIDED.name: _change("{key} and {other} are in each other's way", "Say which goes first"),
    kinds.CHANGES_ARRANGED.name: _arranged,
    kinds.CHANGE_CLEARED.name: _change("{key} waits no longer for {other}", "Open the incident and start it"),
    kinds.CHANGE_RELEASED.name: _change("{key} may begin", "Open the incident and start it"),
    kinds.CHANGE_ENDED.name: _change("{key} {result}: yours is next", "Open the incident and start it"),
    kinds.CHANGE_WITHDRAWN.name: _change("{key} was withdrawn: yours is next", "Open the incident and start it"),
    kinds.CHANGE_DUE.name: _change("{key} was to be over by now", "Say how it ended, or that it takes longer"),
    kinds.CHANGE_LAPSED.name: _change("{key} has lapsed", "Say how it ended"),
    kinds.SYNC_CALLED.name: _sync("was called"),
    kinds.SYNC_SOON.name: _sync("begins soon"),
    kinds.SYNC_CANCELLED.name: _sync("was cancelled"),
    kinds.DECISION_RAISED.name: _to_decide("needs a decision"),
    kinds.DECISION_WARNED.name: _to_decide("has to be decided soon"),
    kinds.DECISION_DUE.name: _to_decide("has to be decided now"),
    kinds.DECISION_ESCALATED.name: _to_decide("is still not decided"),
    kinds.DECISION_MADE.name: _decision_made,
    kinds.DECISION_REVERSED.name: _decision_made,
    kinds.ESTIMATE_PROPOSED.name: _estimate("An estimate is proposed", "Let it hold, or give another"),
    kinds.ESTIMATE_SET.name: _estimate("The estimate"),
    kinds.COMMITMENT_PROPOSED.name: _commitment("waits for your word", "Confirm it, or say that it cannot be kept"),
    kinds.COMMITMENT_CONFIRMED.name: _commitment("can be kept", "Open the incident and tell it"),
    kinds.COMMITMENT_REFUSED.name: _commitment("cannot be kept", "Promise something else"),
    kinds.COMMITMENT_REOPENED.name: _commitment("has to be thought over", "Confirm it again, or take it back"),
    kinds.COMMITMENT_WARNED.name: _commitment("is due soon", "Keep it, or take it back"),
    kinds.COMMITMENT_MISSED.name: _commitment("was missed", "Tell those who wait"),
    kinds.RESTORATION_ORDER_SET.name: _restoration("What comes back first"),
    kinds.RESTORATION_ORDER_OBJECTED.name: _restoration("The lead objects to the restoration order"),
    kinds.EVENT_OVERLAPPED.name: _event,
    kinds.RESOLVED.name: _ended("Resolved"),
    kinds.REOPENED.name: _ended("Reopened"),
    kinds.DECLINED.name: _ended("Declined, no incident"),
    kinds.MERGED.name: _merged,
}
TOLD_KINDS = frozenset(_WORDS)
READERS = (ROOM, BRIEFING, UPDATE)
