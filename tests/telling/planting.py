"""An incident in which every sentence carries a word of its own, so that whatever leaves says what it carries.

Each word belongs to a shelf. Who may read a shelf is said in `test_nothing_leaks.py`, and nowhere here.
"""

import re
from collections import defaultdict
from datetime import timedelta

from django.utils import timezone

from incidents.ingest.reports import Report
from incidents.mobilization import declare
from incidents.models import (
    Alert,
    Ask,
    Briefing,
    BusinessEvent,
    BusinessImpact,
    ChangeIntent,
    Commitment,
    Decision,
    Document,
    Finding,
    FixAttempt,
    GuardWaiver,
    Handover,
    Hypothesis,
    Impact,
    IncidentInvitation,
    Integration,
    Message,
    Participant,
    PrivateNote,
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
    TimelineEntry,
    Touchpoint,
    UpdateChallenge,
    UpdateDraft,
    Workstream,
    WorkstreamDependency,
)
from notifications.models import Component, Maintenance, PublicIncident, StatusPage, Subscriber
from playbooks.models import HoldingText, Severity
from teams.models import Membership, Person, Service

WORD = re.compile(r"kq(\d{4})z", re.IGNORECASE)
SUBSCRIBER, CALLER = "kim@customer.test", "+4915112345688"

# Shelves, from the innermost outward.
RESTRICTED = "a restricted workstream"
ASKED = "what one engineer is asked"
QUESTION = "a question of one person"
# Read in the notebook itself, which is on no page that is looked through.
OWN = "the notebook of one person"
ROOM = "the room"
TECHNICAL, COORDINATION, LEADERSHIP, CUSTOMERS = "technical", "coordination", "leadership", "customers"
SUMMARY = "the summary"
TITLE = "the title"
BRIEFING = "whoever sees the incident"
# What stands in the settings, which every member may look up.
SETTINGS = "the settings"
PUBLIC = "the status page"
TAKEN_BACK = "what was taken back"
OUTDATED = "what was told and then corrected"
WITHDRAWN = "what was told and then withdrawn"
HELD = "what has not left yet"


class Words:
    """`words(shelf)` is a sentence with a word that nothing else carries."""

    def __init__(self):
        self.shelf = {}

    def __call__(self, shelf):
        number = len(self.shelf) + 1
        self.shelf[number] = shelf
        return f"Here is kq{number:04}z indeed"

    def found_in(self, text):
        """`{shelf: numbers}` of what a text carries."""
        found = defaultdict(set)
        for number in map(int, WORD.findall(text)):
            found[self.shelf[number]].add(number)
        return dict(found)


class Planted:
    """The incident, everybody around it, and what was said where."""

    def __init__(self, acme, people, *, send=lambda: None):
        """`send` is what brings out whatever waits; asked before what was told turns out wrong."""
        self.acme, self.words, self.send = acme, Words(), send
        for name, member in people.items():
            setattr(self, name, member)
        self.olga = self._newcomer(acme, "Olga Watches", "olga")
        self._begin()
        self._work()
        self._restricted()
        self._facts()
        self._listen()
        self._public()
        self._tell()

    # --- What is planted ---------------------------------------------------------------------------

    def _newcomer(self, acme, name, local):
        person = Person.objects.create_user(f"{local}@acme.test", "unused", name=name)
        person.emailaddress_set.create(email=person.email, verified=True, primary=True)
        return Membership.objects.create(person=person, role="responder", phone="+4915112345677")

    def _begin(self):
        w, lena = self.words, self.lena
        self.service = Service.objects.get(slug="checkout")
        self.incident = incident = declare(
            w(TITLE), by=lena, summary=w(SUMMARY), services=[self.service], severity=Severity.objects.get(slug="sev1")
        )
        for role, member in (
            ("communications_lead", self.mei),
            ("support_liaison", self.sam),
            ("executive", self.ruth),
        ):
            RoleAssignment.assign(incident, role, member, by=lena)
        Participant.join(incident, self.tariq, by=self.tariq)
        Participant.join(incident, self.olga, by=self.olga, capacity=Participant.Capacity.OBSERVER)
        Participant.join(incident, self.stan, by=self.stan, capacity=Participant.Capacity.FOLLOWER)

    def _work(self):
        """What people in the room say among themselves."""
        w, incident, lena, tariq = self.words, self.incident, self.lena, self.tariq
        general = incident.workstreams.in_order().first()
        message = Message.post(general, w(ROOM), by=tariq).messages.get()
        message.put_on_record(by=tariq)
        self.message = message
        edited = Message.post(general, w(ROOM), by=tariq).messages.get()
        edited.edit(w(ROOM), by=tariq)
        deleted = Message.post(general, w(ROOM), by=tariq).messages.get()
        deleted.delete_text(by=tariq, reason=w(ROOM))
        note = TimelineEntry.note(incident, w(ROOM), by=tariq)
        note.correct_time(note.happened_at - timedelta(minutes=5), by=tariq, reason=w(ROOM))
        PrivateNote.write(incident, w(OWN), by=lena)
        Document.add(incident, w(ROOM), "https://pages.example/", by=tariq, note=w(ROOM))
        self.stream = Workstream.open(incident, w(ROOM), by=lena, goal=w(ROOM), owner=tariq).workstream
        WorkstreamDependency.add(self.stream, general, by=lena, reason=w(ROOM))
        point = SyncPoint.call(
            incident, w(ROOM), by=lena, starts_at=timezone.now() + timedelta(hours=1), purpose=w(ROOM)
        )
        SyncPoint.objects.get(pk=point.details["sync"]).hold(w(ROOM), by=lena)
        IncidentInvitation.objects.create(
            incident=incident, membership=self.ada, reason=w(ROOM), answer=w(ROOM), state="declined",
            expires_at=timezone.now(),
        )  # fmt: skip
        ReinforcementRequest.objects.create(
            incident=incident, number=1, member=self.ada, purpose=w(ROOM), answer=w(ROOM), requested_by=lena,
            state="refused",
        )  # fmt: skip
        hat = incident.roles.current().with_people().get(role="lead")
        hat.incident = incident
        Handover.objects.create(
            incident=incident, assignment=hat, to=tariq, situation=w(ROOM), objectives=[w(ROOM)], state="withdrawn",
            briefing={"said": w(ROOM)},
        )  # fmt: skip
        Task.add(incident, w(ROOM), by=lena, owner=tariq)
        dropped = Task.add(incident, w(ROOM), by=lena)
        incident.tasks.get(pk=dropped.details["task"]).not_needed(reason=w(ROOM), by=lena)
        self._look_for_the_cause(None, ROOM)
        self._find(None, ROOM)
        self._decide(None, ROOM)
        GuardWaiver.keep(incident, "no_lead", "x", reason=w(ROOM), by=lena)
        self._fire()
        incident.functions.update(reason=w(BRIEFING), rule=w(BRIEFING))

    def _fire(self):
        w = self.words
        integration, _ = Integration.connect(self.acme, Integration.Kind.GENERIC, name=w(SETTINGS))
        link = "https://monitoring.example/"
        report = Report("k", firing=True, title=w(ROOM), labels={"a": w(ROOM)}, annotations={"b": w(ROOM)}, url=link)
        alert = Alert.fire(integration, report)
        Alert.objects.filter(pk=alert.pk).update(incident=self.incident)

    def _look_for_the_cause(self, stream, shelf):
        w, tariq = self.words, self.tariq
        component = None if stream else self.service
        theory = Hypothesis.propose(self.incident, w(shelf), by=tariq, component=component, workstream=stream)
        hypothesis = Hypothesis.objects.get(pk=theory.details["hypothesis"])
        hypothesis.add_evidence(w(shelf), by=tariq, supports=True, url="https://logs.example/1")
        fix = FixAttempt.start(self.incident, w(shelf), by=tariq, hypothesis=hypothesis)
        FixAttempt.objects.for_reading().get(pk=fix.details["fix"]).finish("did_not_work", by=tariq, result=w(shelf))
        until = timezone.now() + timedelta(hours=1)
        services = [Service.objects.get(slug="ledger" if stream else "search")]
        for _ in range(2):
            entry = ChangeIntent.propose(
                self.incident, w(shelf), by=tariq, services=services, until=until, workstream=stream
            )
        ChangeIntent.objects.filter(pk=entry.details["change"]).update(result=w(shelf))

    def _find(self, stream, shelf):
        """A finding with everything that can be said of it."""
        w, lena, tariq = self.words, self.lena, self.tariq
        lines = {name: w(shelf) for name in ("actions", "needs", "meaning", "evidence")}
        entry = Finding.post(self.incident, w(shelf), by=tariq, workstream=stream, **lines)
        finding = self.incident.findings.get(pk=entry.details["finding"])
        finding.ask_for_more(w(shelf), by=lena)
        finding.reply(w(shelf), by=tariq)
        finding.challenge(w(shelf), by=lena)
        finding.correct(w(shelf), by=tariq, reason=w(shelf))
        other = Finding.post(self.incident, w(shelf), by=tariq, workstream=stream)
        other = self.incident.findings.get(pk=other.details["finding"])
        other.set_aside(reason=w(shelf), by=lena)
        return finding

    def _decide(self, stream, shelf):
        w, lena = self.words, self.lena
        more = {"workstream": stream} if stream else {}
        Decision.open(
            self.incident, "investigation", w(shelf), by=self.tariq, options=[w(shelf), w(shelf)],
            cost_of_waiting=w(shelf), commitments_sacrificed=[w(shelf)], **more,
        )  # fmt: skip
        self.incident.decisions.latest("pk").give_input(w(shelf), by=self.tariq, text=w(shelf))
        Decision.open(
            self.incident, "coordination", w(shelf), by=lena, choice=w(shelf), reason=w(shelf), options=[w(shelf)],
            **more,
        )  # fmt: skip

    def _restricted(self):
        """The same again where only Tariq and who leads may read."""
        w, incident, tariq = self.words, self.incident, self.tariq
        self.secret = stream = Workstream.open(
            incident, w(RESTRICTED), by=self.lena, goal=w(RESTRICTED), owner=tariq, restricted=True
        ).workstream  # fmt: skip
        said = Message.post(stream, w(RESTRICTED), by=tariq).messages.get()
        said.put_on_record(by=tariq)
        said.edit(w(RESTRICTED), by=tariq)
        WorkstreamDependency.add(self.stream, stream, by=self.lena, reason=w(RESTRICTED))
        soon = timezone.now() + timedelta(minutes=30)
        SyncPoint.call(incident, w(RESTRICTED), by=self.lena, starts_at=soon, purpose=w(RESTRICTED), streams=[stream])
        Task.add(incident, w(RESTRICTED), by=self.lena, owner=tariq, workstream=stream)
        self._look_for_the_cause(stream, RESTRICTED)
        self._find(stream, RESTRICTED)
        self._decide(stream, RESTRICTED)
        GuardWaiver.keep(incident, "workstream_idle", "y", reason=w(RESTRICTED), by=self.lena, workstream=stream)

    def _facts(self):
        """What is known, how long, for whom, what is promised."""
        w, incident, lena = self.words, self.incident, self.lena
        finding = incident.findings.visible_to(self.mei).standing().first()
        said = {line: w(ROOM) for line in ("known", "unknown", "doing", "next", "impact", "expected", "ask")}
        entry = Synthesis.publish(incident, by=lena, sources={"known": [finding]}, **said)
        incident.syntheses.get(version=entry.details["version"]).challenge(w(ROOM), by=self.tariq)
        now = timezone.now().replace(microsecond=0)
        ResolutionEstimate.give(
            incident, by=lena, basis=w(ROOM), earliest=now + timedelta(hours=1), latest=now + timedelta(hours=2),
            confidence="low",
        )  # fmt: skip
        Impact.propose(incident, "major", by=self.tariq, feature=w(ROOM), segment=w(ROOM), note=w(ROOM))
        told = {name: w(BRIEFING) for name in ("feature", "segment")}
        entry = Impact.propose(incident, "partial", by=lena, note=w(BRIEFING), **told)
        impact = Impact.objects.select_related("incident").get(pk=entry.details["impact"])
        if impact.confirmed_at is None:
            impact.confirm(by=lena, waiver=w(BRIEFING))
        BusinessImpact.state(incident, "serious", w(BRIEFING), by=lena, key_accounts=[w(BRIEFING)])
        RestorationOrder.set(incident, [self.service, w(ROOM)], by=lena, reason=w(ROOM))
        RestorationOrder.objects.get().object(by=lena, reason=w(ROOM))
        soon = timezone.now() + timedelta(hours=2)
        Commitment.propose(incident, w(ROOM), by=lena, to_whom=w(ROOM), due_at=soon)
        Commitment.objects.update(reason=w(ROOM))
        BusinessEvent.plan(
            w(SETTINGS), by=lena, kind="launch", starts_at=timezone.now(), ends_at=soon, services=[self.service],
            note=w(SETTINGS),
        )  # fmt: skip

    def _listen(self):
        """Questions, what engineers are asked for them, and what customers say."""
        w, incident, lena = self.words, self.incident, self.lena
        entry = Question.ask(incident, w(QUESTION), by=self.ruth)
        self.question = incident.questions.get(pk=entry.details["question"])
        put = Ask.put(self.question, w(ASKED), to=self.tariq, by=self.mei, purpose=w(ASKED))
        ask = Ask.objects.with_people().select_related("incident").get(pk=put.details["ask"])
        ask.give_answer(w(ASKED), by=self.tariq)
        told = {"to": self.tariq, "by": self.lena, "workstream": self.secret, "purpose": w(RESTRICTED)}
        Ask.put(self.question, w(RESTRICTED), **told)
        answered = Question.ask(incident, w(QUESTION), by=self.ruth)
        incident.questions.get(pk=answered.details["question"]).give_answer(w(QUESTION), by=self.mei)
        for_all = Question.ask(incident, w(LEADERSHIP), by=self.ruth)
        question = incident.questions.get(pk=for_all.details["question"])
        question.give_answer(w(LEADERSHIP), by=self.mei, to_audience=True)
        report = SupportReport.file(
            w(ROOM), by=self.sam, incident=incident, feature=w(ROOM), segment=w(ROOM), ticket=w(ROOM)
        )
        report.count_one_more(by=self.sam, ticket=w(ROOM))
        Symptom.name(incident, w(ROOM), by=self.sam, reports=[report])
        SupportDigest.give(incident, w(ROOM), by=self.sam)
        SupportBrief.write(incident, w(BRIEFING), by=self.mei, avoid=w(BRIEFING), workaround=w(BRIEFING))
        Briefing.hold(incident, by=lena, note=w(BRIEFING))

    def _public(self):
        w, ada = self.words, self.ada
        StatusPage.arrange(self.acme, by=ada, name=w(PUBLIC), intro=w(PUBLIC), published=True)
        part = Component.add(
            by=ada, slug="card", name=w(PUBLIC), description=w(PUBLIC), services=[self.service]
        )  # fmt: skip
        begins, ends = timezone.now() + timedelta(hours=1), timezone.now() + timedelta(hours=2)
        Maintenance.plan(by=ada, title=w(PUBLIC), text=w(PUBLIC), starts_at=begins, ends_at=ends, components=[part])
        for channel, address in (("email", SUBSCRIBER), ("sms", CALLER)):
            subscriber = Subscriber.sign_up(channel, address, [part])
            subscriber.confirm(subscriber.turn)
        PublicIncident.publish(self.incident, w(PUBLIC), by=self.mei, impacts={part: "partial"})

    def _tell(self):
        """Every audience, with what was wrong put right, withdrawn, taken back, and what has not left yet."""
        for audience in ("leadership", "customers"):
            self.publish_holding(audience)
        self.publish("technical", TECHNICAL)
        told = self.publish("coordination", COORDINATION)
        UpdateChallenge.raise_against(told, self.words(ROOM), by=self.sam)
        UpdateChallenge.objects.with_people().get().let_stand(self.words(ROOM), by=self.mei)
        wrong = [self.publish(audience, OUTDATED) for audience in ("leadership", "customers")]
        withdrawn = self.publish("leadership", WITHDRAWN)
        self.send()
        for update, shelf in zip(wrong, (LEADERSHIP, CUSTOMERS), strict=True):
            update.correct(self.body(update.audience, shelf), by=self.mei, reason=self.words(shelf))
        withdrawn.withdraw(by=self.mei, reason=self.words(LEADERSHIP))
        self.publish("customers", CUSTOMERS, no_change=self.words(CUSTOMERS))
        for place in ("social", "sms", "email"):
            Touchpoint.write(self.incident, place, self.words(ROOM), by=self.mei)
        draft = self.body("coordination", ROOM)
        UpdateDraft.save_text(self.incident, "coordination", draft, by=self.mei, no_change=self.words(ROOM))
        for audience in ("leadership", "customers"):
            self.publish(audience, TAKEN_BACK, hold=timedelta(hours=9)).take_back(by=self.mei)
            self.publish(audience, HELD, hold=timedelta(hours=9))

    # --- How to say something -------------------------------------------------------------------------

    def body(self, audience, shelf):
        from incidents.models.updates import PARTS

        return {part.name: self.words(shelf) for part in PARTS[audience]}

    def publish_holding(self, audience):
        """What is said at once, in words that stand in the administration."""
        for part, text in self.body(audience, audience).items():
            said = {"severity": self.incident.severity, "audience": audience, "part": part}
            HoldingText.objects.update_or_create(**said, defaults={"text": text})
        UpdateDraft.publish_holding(self.incident, audience, by=self.mei, hold=None)

    def publish(self, audience, shelf, **more):
        # It tells nothing new, and why it may is for whoever reads the record.
        outer = BRIEFING if audience in ("leadership", "customers") else ROOM
        more["waiver"] = self.words(shelf if shelf in (HELD, TAKEN_BACK) else outer)
        entry = StatusUpdate.publish(self.incident, audience, self.body(audience, shelf), by=self.mei, **more)
        return self.incident.updates.get(pk=entry.details["update"])
