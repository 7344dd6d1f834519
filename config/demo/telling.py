"""Telling a story after the fact: one moment after the other, with scheduler and worker doing their part between."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from incidents.models import (
    Ask,
    Briefing,
    BusinessImpact,
    ChangeIntent,
    Commitment,
    Decision,
    Document,
    Finding,
    FunctionActivation,
    GuardWaiver,
    Handover,
    Hypothesis,
    Impact,
    Incident,
    Message,
    Obligation,
    Question,
    ReinforcementRequest,
    ResolutionEstimate,
    RestorationOrder,
    RoleAssignment,
    StatusUpdate,
    SupportBrief,
    SupportDigest,
    SupportReport,
    Symptom,
    SyncPoint,
    Synthesis,
    Task,
    Touchpoint,
    UpdateDraft,
    Workstream,
)
from notifications import fan_out
from notifications.leases import Lease
from notifications.models import Component, Delivery, FanOut, PublicIncident
from notifications.models.deliveries import KEPT
from notifications.transports.base import Result
from teams.models import Function, Organization, Service, TechnicalDomain
from teams.tenancy import acting_in

from . import clock, people

DEMO_ORGANIZATIONS = {"acme": "Acme", "globex": "Globex"}
MOST = 100  # of one batch
KEPT_ANSWER = "Kept: a demonstration sends nothing outside."
# What providers said the first time, by address; nobody was really asked.
TROUBLE = {
    "+4915112345605": Result.retry("503 Service Unavailable"),
    "board@acme.test": Result.refused("550 5.1.1 No such mailbox here."),
}


@transaction.atomic
def load(password):
    """Make the organisations that are not there yet. Returns the names of those that were made."""
    from . import acme, globex

    made = []
    now = timezone.now()
    for slug, tell in (("acme", acme.tell), ("globex", globex.tell)):
        if Organization.objects.filter(slug=slug).exists():
            continue
        with clock.moved_to(now - timedelta(days=60)):
            cast = people.ACME if slug == "acme" else people.GLOBEX
            organization, members = people.settle(slug, DEMO_ORGANIZATIONS[slug], cast, password)
        with acting_in(organization):
            tell(organization, members, now)
        made.append(DEMO_ORGANIZATIONS[slug])
    return made


class Story:
    """What happened from `start` on. Everything is `at` a number of minutes after it, in order."""

    def __init__(self, organization, members, start):
        self.organization = organization
        self.members = members
        self.start = start
        self.incident = None
        self.streams = {}

    def at(self, minute, verb, *args, **kwargs):
        """Let the clocks and the mail run up to the minute, then do something. Returns what the verb returns."""
        moment = self.start + timedelta(minutes=minute)
        self.pass_until(moment)
        with clock.moved_to(moment):
            answer = verb(*args, **kwargs)
        self._send(moment)
        return answer

    def pass_until(self, moment):
        """What the scheduler would have done meanwhile, each step at its own time."""
        while pressing := Obligation.objects.pressing(moment).select_related("incident").first():
            due = pressing.next_at
            with clock.moved_to(due):
                pressing.advance(due)
            self._send(due)

    # --- What people do ---------------------------------------------------------------------------

    def says(self, minute, who, stream, text):
        return self.at(minute, Message.post, self._stream(stream), text, by=self.members[who])

    def pins(self, minute, who, entry):
        """Puts what somebody said on the record."""
        self.at(minute, Message.objects.get(entry=entry).put_on_record, by=self.members[who])

    def lists(self, minute, who, title, url, note=""):
        self.at(minute, Document.add, self._now(), title, url, by=self.members[who], note=note)

    def lets_lie(self, minute, who, text, reason):
        """Waives that a task has no owner."""
        subject = str(self._now().tasks.get(text=text).number)
        self.at(minute, GuardWaiver.grant, self._now(), "task_unowned", subject, reason=reason, by=self.members[who])

    def meets(self, minute, who, title, *streams, begins, purpose=""):
        """Calls a sync point for `begins` minutes after the start."""
        self.at(
            minute,
            SyncPoint.call,
            self._now(),
            title,
            by=self.members[who],
            purpose=purpose,
            starts_at=self.start + timedelta(minutes=begins),
            streams=[self._stream(stream) for stream in streams],
        )

    def opens(self, minute, who, title, *, owner=None, domain=None, **more):
        entry = self.at(
            minute, Workstream.open, self._now(), title,
            by=self.members[who],
            owner=self.members.get(owner),
            domain=TechnicalDomain.objects.filter(slug=domain).first(),
            **more,
        )  # fmt: skip
        self.streams[title] = entry.workstream

    def takes(self, minute, who, role, *, domain=None):
        of_domain = TechnicalDomain.objects.filter(slug=domain).first()
        return self.at(minute, RoleAssignment.take, self._now(), role, by=self.members[who], domain=of_domain)

    def hands_over(self, minute, who, to, situation):
        """The lead goes to somebody else, who has read what stands and says so."""
        lead = self._now().roles.current().get(role="lead")
        entry = self.at(
            minute, Handover.begin, lead, self.members[to], by=self.members[who], situation=situation
        )  # fmt: skip
        self.at(minute + 1, Handover.objects.get(pk=entry.details["handover"]).acknowledge, by=self.members[to])

    def decides(self, minute, who, decision_class, subject, *options, needed=None, **more):
        """Asks for a decision, or makes it where there is a `choice`; an option is its text and what it costs."""
        needed_by = self.start + timedelta(minutes=needed) if needed else None
        self.at(
            minute,
            Decision.open,
            self._now(),
            decision_class,
            subject,
            by=self.members[who],
            options=[{"text": text, "tradeoff": tradeoff} for text, tradeoff in options],
            needed_by=needed_by,
            **more,
        )

    def estimates(self, minute, who, earliest, latest, basis, confidence="medium"):
        """When it will be over, in minutes of the story; the lead's word holds."""
        self.at(
            minute,
            ResolutionEstimate.give,
            self._now(),
            by=self.members[who],
            earliest=self.start + timedelta(minutes=earliest),
            latest=self.start + timedelta(minutes=latest),
            confidence=confidence,
            basis=basis,
        )

    def sees_broken(self, minute, who, level, service, segment, note=""):
        affected = Service.objects.get(slug=service)
        told = {"service": affected, "segment": segment, "note": note}
        self.at(minute, Impact.propose, self._now(), level, by=self.members[who], **told)

    def confirms_broken(self, minute, who, number):
        self.at(minute, self._now().impacts.get(number=number).confirm, by=self.members[who])

    def states(self, minute, who, level, statement, **more):
        """What it means for the business."""
        self.at(minute, BusinessImpact.state, self._now(), level, statement, by=self.members[who], **more)

    def orders(self, minute, who, *steps, reason):
        """What comes back first."""
        self.at(minute, RestorationOrder.set, self._now(), steps, by=self.members[who], reason=reason)

    def promises(self, minute, who, text, to_whom, due, *, confirmed=None, told=None):
        """Due so many minutes into the story; confirmed and told by whom, each a little later."""
        entry = self.at(
            minute,
            Commitment.propose,
            self._now(),
            text,
            by=self.members[who],
            to_whom=to_whom,
            due_at=self.start + timedelta(minutes=due),
        )
        found = self._now().commitments
        if confirmed:
            self.at(minute + 0.1, found.get(pk=entry.details["commitment"]).confirm, by=self.members[confirmed])
        if told:
            self.at(minute + 0.2, found.get(pk=entry.details["commitment"]).communicate, by=self.members[told])

    def takes_back(self, minute, who, number, reason):
        """Reverses a decision."""
        self.at(minute, self._now().decisions.get(number=number).reverse, by=self.members[who], reason=reason)

    def engages(self, minute, who, function, state="engaged"):
        found = Function.objects.get(slug=function)
        return self.at(minute, FunctionActivation.change, self._now(), found, state, by=self.members[who])

    def finds(self, minute, who, condition, *, stream=None, **lines):
        workstream = self._stream(stream) if stream else None
        self.at(minute, Finding.post, self._now(), condition, by=self.members[who], workstream=workstream, **lines)

    def hears(self, minute, who, number):
        """The lead acknowledges a finding."""
        self.at(minute, self._now().findings.get(number=number).acknowledge, by=self.members[who])

    def knows(self, minute, who, *, behind=(), **lines):
        """Says what is known, from the findings with these numbers."""
        findings = list(self._now().findings.filter(number__in=behind))
        self.at(minute, Synthesis.publish, self._now(), by=self.members[who], sources={"known": findings}, **lines)

    def challenges(self, minute, who, number, reason):
        self.at(minute, self._now().findings.get(number=number).challenge, reason, by=self.members[who])

    def replies(self, minute, who, number, text):
        self.at(minute, self._now().findings.get(number=number).reply, text, by=self.members[who])

    def does(self, minute, who, *numbers):
        """Ticks tasks off."""
        for number in numbers:
            self.at(minute, self._now().tasks.get(number=number).done, by=self.members[who])

    def adds(self, minute, who, text, *, owner=None, due=None):
        due_at = self.start + timedelta(minutes=due) if due else None
        self.at(
            minute, Task.add, self._now(), text, by=self.members[who], owner=self.members.get(owner), due_at=due_at
        )  # fmt: skip

    def asks(self, minute, who, text, **how):
        self.at(minute, Question.ask, self._now(), text, by=self.members[who], **how)

    def answers(self, minute, who, number, text, **how):
        self.at(minute, self._question(number).give_answer, text, by=self.members[who], **how)

    def merges(self, minute, who, number, into):
        self.at(minute, self._question(number).merge_into, self._question(into), by=self.members[who])

    def puts(self, minute, who, number, to, text, answer="", **how):
        """Asks one engineer for a question, who answers a little later."""
        entry = self.at(
            minute, Ask.put, self._question(number), text, to=self.members[to], by=self.members[who], **how
        )  # fmt: skip
        if answer:
            self.at(minute + 0.5, Ask.objects.get(pk=entry.details["ask"]).give_answer, answer, by=self.members[to])

    def briefs_leadership(self, minute, who, answers, note=""):
        """Briefs leadership; `answers` are what was said to questions, by their numbers."""
        said = {self._question(number).pk: text for number, text in answers.items()}
        self.at(minute, Briefing.hold, self._now(), by=self.members[who], answers=said, note=note)

    def _question(self, number):
        return self.incident.questions.with_people().select_related("incident").get(number=number)

    def calls_for(self, minute, who, member, purpose, hours):
        """Asks for somebody whose work is elsewhere."""
        self.at(
            minute,
            ReinforcementRequest.ask,
            self._now(),
            self.members[member],
            by=self.members[who],
            purpose=purpose,
            hours=hours,
        )

    def tells(self, minute, who, audience, **body):
        return self.at(minute, StatusUpdate.publish, self._now(), audience, body, by=self.members[who])

    def drafts(self, minute, who, audience, **body):
        return self.at(minute, UpdateDraft.save_text, self._now(), audience, body, by=self.members[who])

    def corrects(self, minute, who, reason, **changed):
        """The last update, with these parts as they are right."""
        wrong = self._now().updates.latest_first().first()
        return self.at(minute, wrong.correct, wrong.body | changed, by=self.members[who], reason=reason)

    def words(self, minute, who, place, text):
        return self.at(minute, Touchpoint.write, self._now(), place, text, by=self.members[who])

    def reports(self, minute, who, text, *, waits=False, **more):
        """What customers see; `waits`: before there is an incident."""
        incident = None if waits else self._now()
        return self.at(minute, SupportReport.file, text, by=self.members[who], incident=incident, **more)

    def attaches(self, minute, who, *reports):
        self.at(minute, SupportReport.attach, reports, self._now(), by=self.members[who])

    def names(self, minute, who, title, *reports, service=None):
        found = Service.objects.filter(slug=service).first()
        entry = self.at(
            minute, Symptom.name, self._now(), title, by=self.members[who], reports=reports, service=found
        )  # fmt: skip
        return Symptom.objects.get(pk=entry.details["symptom"])

    def sums_up(self, minute, who, text):
        self.at(minute, SupportDigest.give, self._now(), text, by=self.members[who])

    def briefs(self, minute, who, say, **more):
        self.at(minute, SupportBrief.write, self._now(), say, by=self.members[who], **more)

    def shows(self, minute, who, headline, *, began, state="investigating", waiver="", **levels):
        """Puts the incident on the status page; `levels` maps a part to how bad it is."""
        return self.at(
            minute,
            PublicIncident.publish,
            self._now(),
            headline,
            by=self.members[who],
            state=state,
            impacts={Component.objects.get(slug=slug.replace("_", "-")): level for slug, level in levels.items()},
            began_at=self.start + timedelta(minutes=began),
            waiver=waiver,
        )

    def clears(self, minute, who, *, waiver=""):
        """Says on the status page that it is over."""
        public = PublicIncident.objects.get(incident=self.incident)
        return self.at(minute, public.change, by=self.members[who], state="resolved", waiver=waiver)

    def moves(self, minute, who, status, reason=""):
        return self.at(minute, self._now().change_status, status, by=self.members[who], reason=reason)

    def changes(self, minute, who, stream, **what):
        return self.at(minute, self._stream(stream).change, by=self.members[who], **what)

    def suspects(self, minute, who, statement, component):
        suspected = Service.objects.get(slug=component)
        entry = self.at(
            minute, Hypothesis.propose, self._now(), statement, by=self.members[who], component=suspected
        )  # fmt: skip
        return Hypothesis.objects.get(pk=entry.details["hypothesis"])

    def settles(self, minute, who, theory, state, text):
        return self.at(minute, theory.come_to, state, by=self.members[who], text=text)

    def claims(self, minute, who, action, *services, minutes, go=None):
        """A change of these services, from the minute on; whoever gives the `go` does so soon, and it begins."""
        entry = self.at(
            minute,
            ChangeIntent.propose,
            self._now(),
            action,
            by=self.members[who],
            services=list(Service.objects.filter(slug__in=services)),
            until=self.start + timedelta(minutes=minute + minutes),
        )
        changes = ChangeIntent.objects.filter(pk=entry.details["change"])
        if go:
            self.at(minute + 0.3, changes.get().release, by=self.members[go])
            self.at(minute + 0.5, changes.get().start, by=self.members[who])

    def _now(self):
        return Incident.objects.get(pk=self.incident.pk)

    def _stream(self, title):
        known = self.streams.get(title)
        streams = self.incident.workstreams.select_related("incident")
        return streams.get(pk=known.pk) if known else streams.get(title=title)

    # --- What a worker does -------------------------------------------------------------------------

    def _send(self, moment):
        """A real lease and a real attempt for every message; only the call to a provider is left out."""
        with clock.moved_to(moment):
            for pk in FanOut.objects.due(moment).values_list("pk", flat=True):
                fan_out.expand(self.organization.pk, pk, moment)
            for channel in set(Delivery.objects.due(moment).values_list("channel", flat=True)):
                while (lease := Lease.take(self.organization.pk, channel, doubts=2, limit=MOST)).deliveries:
                    begun = lease.turn([], lease.deliveries)
                    lease.turn([(attempt, _answer(delivery)) for delivery, attempt in begun])


def _answer(delivery):
    trouble = TROUBLE.get(delivery.address)
    if trouble and not (delivery.attempts_made > 1 and trouble.outcome == "retry"):
        return trouble
    return Result.accepted(KEPT_ANSWER, provider_id=KEPT)
