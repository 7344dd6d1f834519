"""Who hears an update: in made-up organisations, exactly those whom a plain reading of the rules names, each once.

`entitled` below is that reading, written from `docs/notifications.md` and not from the code. Every case is made from a
number, which a failure shows.
"""

from collections import Counter
from random import Random

import pytest
from django.utils import timezone

from incidents.arrivals import arrivals_of
from incidents.models import Participant, RoleAssignment, StatusUpdate
from incidents.models.updates import PARTS
from notifications import tick
from notifications.models import (
    AudienceGroup,
    Component,
    Delivery,
    OptOut,
    PublicIncident,
    RoutingRule,
    StatusPage,
    Subscriber,
)
from playbooks.models import Severity
from teams.models import Function, Membership, Person, Rota
from teams.tenancy import acting_in
from tests.factories import declare_incident
from tests.queries import undone

CASES = range(6)
OUTER = ("leadership", "customers")
FUNCTIONS = ("engineering", "leadership", "sales", "support")


@pytest.fixture
def crowd(acme, world):
    """Twelve more, of every function and role: some without a number, with an unconfirmed address, or gone."""
    functions = {each.slug: each for each in Function.objects.filter(slug__in=FUNCTIONS)}
    for number in range(12):
        person = Person.objects.create_user(f"p{number}@acme.test", name=f"Person {number}")
        person.emailaddress_set.create(email=person.email, verified=number % 5 != 0, primary=True)
        Membership.objects.create(
            person=person,
            role=("responder", "stakeholder", "admin")[number % 3],
            function=functions[FUNCTIONS[number % 4]],
            phone=f"+4915112300{number:03}" if number % 4 else "",
            ended_at=timezone.now() if number in (3, 7) else None,
        )
    RoutingRule.objects.exclude(event="update_published").delete()
    return list(Membership.objects.select_related("person", "function").order_by("pk"))


class Case:
    """An organisation, its incident and what is said there, made from one number."""

    def __init__(self, seed, crowd, lena, mei, ada):
        self.dice, self.crowd, self.mei = Random(seed), crowd, mei
        self.audience = self.dice.choice(list(PARTS))
        self.drill = self.dice.random() < 0.15
        self.rank = self.dice.choice([1, 2, 3])
        severity = Severity.objects.get(rank=self.rank)
        self.incident = declare_incident(lena, severity=severity.slug, drill=self.drill)
        self.active = [each for each in crowd if each.ended_at is None]
        self._people(lena, mei)
        self._groups()
        self._rules()
        self.out = set(self._some(self.active))
        for member in self.out:
            OptOut.objects.create(membership=member, audience=self.audience)
        self._subscribers(ada)
        self.private = not self.drill and self.dice.random() < 0.2
        if self.private:
            self.incident.make_private(by=lena)

    def _some(self, things, share=0.3):
        return [each for each in things if self.dice.random() < share]

    def _people(self, lena, mei):
        self.hats = {"lead": lena, "communications_lead": mei}
        RoleAssignment.assign(self.incident, "communications_lead", mei, by=lena)
        others = [each for each in self.active if each not in (lena, mei)]
        self.on_it = {lena, mei}
        self.followers = set()
        for member in self._some(others, 0.4):
            follows = not member.is_responder or self.dice.random() < 0.4
            capacity = Participant.Capacity.FOLLOWER if follows else Participant.Capacity.ACTIVE
            Participant.join(self.incident, member, by=member, capacity=capacity)
            if self.dice.random() < 0.25:
                self.incident.participants.filter(membership=member).update(left_at=timezone.now())
                continue
            self.on_it.add(member)
            self.followers |= {member} if follows else set()

    def _groups(self):
        AudienceGroup.objects.all().delete()
        self.groups = []
        for number in range(self.dice.randint(1, 4)):
            function = self.dice.choice([None, *FUNCTIONS])
            group = AudienceGroup.objects.create(
                slug=f"g{number}",
                name=f"Group {number}",
                audience=self.dice.choice([self.audience, self.audience, "leadership"]),
                function=Function.objects.get(slug=function) if function else None,
                stakeholders=self.dice.random() < 0.3,
                by_email=self.dice.random() < 0.8,
                by_sms=self.dice.random() < 0.5,
            )
            named = self._some(self.crowd)
            group.members.set(named)
            self.groups.append((group, named))

    def _rules(self):
        RoutingRule.objects.all().delete()
        self.rules = []
        Rota.objects.all().delete()
        self.on_call = self.dice.choice([None, *self.active])
        support = Function.objects.get(slug="support")
        if self.on_call:
            Rota.objects.create(function=support, on_call=self.on_call)
        for number in range(self.dice.randint(0, 3)):
            aim = self.dice.choice(["participants", "group", "function", "role"])
            fields = {
                "participants": {"participants": True},
                "group": {"group": self.groups[0][0]},
                "function": {"function": support},
                "role": {"role": "lead"},
            }[aim]
            conditions = {"audience": self.dice.choice(["", self.audience, "technical"])}
            worst = self.dice.choice([None, 1, 2])
            if worst:
                conditions["from_severity"] = Severity.objects.get(rank=worst)
            by_sms = self.dice.random() < 0.4
            RoutingRule.objects.create(
                event="update_published", name=f"Rule {number}", position=number, by_sms=by_sms, **conditions, **fields
            )
            self.rules.append((aim, conditions["audience"], worst, by_sms))

    def _subscribers(self, ada):
        page_is_published = self.dice.random() < 0.7
        StatusPage.arrange(self.incident.organization, by=ada, name="Acme", published=page_is_published)
        parts = [Component.add(by=ada, slug=slug, name=slug) for slug in ("card", "search", "export")]
        self.subscribers = []
        for number in range(6):
            channel = self.dice.choice(["email", "sms"])
            address = f"k{number}@customer.test" if channel == "email" else f"+4915112400{number:03}"
            wants = self._some(parts)
            subscriber = Subscriber.sign_up(channel, address, wants)
            confirmed, left = self.dice.random() < 0.8, self.dice.random() < 0.2
            if confirmed:
                subscriber.confirm(subscriber.turn)
            if left:
                subscriber.leave()
            self.subscribers.append((subscriber, wants, confirmed and not left))
        self.broken = self._some(parts, 0.5)
        self.public = page_is_published and not self.drill and self.dice.random() < 0.8
        if self.public:
            PublicIncident.publish(self.incident, "Slow", by=self.mei, impacts=dict.fromkeys(self.broken, "partial"))


def entitled(case):
    """`{(address, channel)}` of whoever is to hear it, and whether it is sent or only noted: the plain reading."""
    wanted = set()
    in_group = {}
    for group, named in case.groups:
        members = {
            each
            for each in case.active
            if each in named
            or (group.function_id and each.function_id == group.function_id)
            or (group.stakeholders and not each.is_responder)
        }
        in_group[group.pk] = members
        if group.audience == case.audience:
            wanted |= {(each, "email") for each in members if group.by_email}
            wanted |= {(each, "sms") for each in members if group.by_sms}
    wanted |= {(each, "email") for each in case.hats.values()}
    needed = set()
    for aim, audience, worst, by_sms in case.rules:
        if audience not in ("", case.audience) or (worst and case.rank > worst):
            continue
        if aim == "participants":
            them = {each for each in case.on_it if case.audience in OUTER or each.is_responder}
        elif aim == "group":
            them = in_group[case.groups[0][0].pk]
        elif aim == "role":
            them = {case.hats["lead"]}
        else:
            them = {case.on_call} if case.on_call else {each for each in case.active if each.is_administrator}
            needed |= {(each, channel) for each in them for channel in ("email", "sms")[: 1 + by_sms]}
        wanted |= {(each, "email") for each in them} | {(each, "sms") for each in them if by_sms}
    if case.audience in OUTER:
        wanted |= {(each, "email") for each in case.followers}
    noted, sent = Counter(), Counter()
    for member, channel in wanted:
        if member == case.mei or not may_know(case, member, (member, channel) in needed):
            continue
        address = member.phone if channel == "sms" else member.email
        noted[address or member.email, channel] += 1
        if arrives(case, member, channel):
            sent[address, channel] += 1
    return noted, sent, to_the_public(case)


def may_know(case, member, needed):
    if case.drill:
        return member in case.on_it
    return not case.private or needed or member in case.on_it


def arrives(case, member, channel):
    if channel == "sms" and not member.phone:
        return False
    if channel == "email" and not member.person.emailaddress_set.filter(verified=True).exists():
        return False
    if case.private and member not in case.on_it and not member.is_administrator:
        return False
    return member not in case.out


def to_the_public(case):
    if case.audience != "customers" or not case.public or case.private:
        return Counter()
    return Counter(
        (subscriber.address, subscriber.channel)
        for subscriber, wants, listens in case.subscribers
        if listens and (not wants or set(wants) & set(case.broken))
    )


def rows_of(entry, **states):
    rows = Delivery.objects.filter(notice__entry=entry, **states)
    members, public = Counter(), Counter()
    for row in rows.select_related("recipient__person"):
        if row.subscriber_id:
            public[row.address, row.channel] += 1
        else:
            members[row.address or row.recipient.email, row.channel] += 1
    return members, public


def say(case, text):
    return {part.name: text for part in PARTS[case.audience]}


@pytest.mark.parametrize("seeds", [CASES], ids=str)
def test_exactly_those_who_are_entitled_hear_it_once(crowd, seeds, lena, mei, ada, mailoutbox, sms_gateway):
    reached = Counter()
    for seed in seeds:
        with undone():
            case = Case(seed, crowd, lena, mei, ada)
            tick.run()
            body = say(case, "First.")
            foretold = arrivals_of(case.incident, case.audience, body, number=1, by=mei)
            entry = StatusUpdate.publish(case.incident, case.audience, body, by=mei)
            tick.run()
            noted, sent, public = entitled(case)

            assert (seed, *rows_of(entry)) == (seed, noted, public)
            assert (seed, *rows_of(entry, state="accepted")) == (seed, sent, public)
            telephones = {each.email for each in crowd if not each.phone}
            unknown = sum(1 for address, channel in noted if channel == "sms" and address in telephones)
            shown = sum(arrival.people for arrival in foretold)
            assert (seed, shown) == (seed, sum(noted.values()) - unknown + sum(public.values()))
            reached.update(members=sum(sent.values()), public=sum(public.values()))

            put_right(seed, case, entry, sent, public)
    assert reached["members"] > len(seeds)
    assert reached["public"]


def put_right(seed, case, entry, sent, public):
    """Somebody leaves, somebody comes, and the correction reaches those who had it and can still be reached."""
    update = case.incident.updates.get(pk=entry.details["update"])
    gone = {each for each in case._some(case.active, 0.2) if each not in case.hats.values()}
    Membership.objects.filter(pk__in=[each.pk for each in gone]).update(ended_at=timezone.now())
    left = [each for each, _, listens in case.subscribers[:2] if listens]
    for subscriber in left:
        subscriber.leave()
    for group, _ in case.groups:
        group.members.set(case.active)
    late = Subscriber.sign_up("email", "late@customer.test")
    late.confirm(late.turn)
    correction = update.correct(say(case, "Second."), by=case.mei, reason="It was wrong")
    tick.run()

    addresses = {each.email for each in gone} | {each.phone for each in gone}
    stay = Counter({each: number for each, number in sent.items() if each[0] not in addresses})
    stayed = Counter({each: 1 for each in public if each[0] not in {each.address for each in left}})
    assert (seed, *rows_of(correction, state="accepted")) == (seed, stay, stayed)


def test_nobody_of_another_organisation_is_ever_written_to(crowd, globex, lena, mei, ada, mailoutbox, sms_gateway):
    with acting_in(globex):
        theirs = {each.email for each in Membership.objects.select_related("person")}
    for seed in CASES[:2]:
        with undone():
            case = Case(seed, crowd, lena, mei, ada)
            StatusUpdate.publish(case.incident, case.audience, say(case, "First."), by=mei)
            tick.run()
    assert theirs
    assert not theirs & {address for mail in mailoutbox for address in mail.to}
