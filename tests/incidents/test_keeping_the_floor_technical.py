"""G19: executives, support agents and stakeholders do not speak where the cause is looked for, unless let in."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.models import Message, RoleAssignment, StreamException
from teams.errors import Refused
from teams.models import TechnicalDomain
from tests.factories import declare_incident, open_workstream, post_message
from tests.incidents.pages import last_entry


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


@pytest.fixture
def technical(incident, lena):
    return open_workstream(incident, "Card gateway", by=lena, domain=TechnicalDomain.objects.first())


def refusal(stream, member):
    """The refusal of a member's post, or None when it went through."""
    try:
        Message.post(stream, "How long will it take?", by=member)
    except Refused as refused:
        return refused
    return None


# (member, roles they hold) → what they are offered; None where they may speak.
WHO = [
    ("ruth", (), ("question", "briefing")),
    ("tariq", ("executive",), ("question", "briefing")),
    ("ruth", ("executive",), ("question", "briefing")),
    ("ruth", ("technical_coordinator",), None),
    ("ruth", ("lead",), None),
    ("sam", (), ("question",)),
    ("sam", ("support_liaison",), None),
    ("stan", (), ("question",)),
    ("tariq", (), None),
    ("mei", (), None),
    ("mei", ("communications_lead",), None),
    ("ada", (), None),
    ("lena", (), None),
]


@pytest.mark.parametrize(("member", "roles", "offers"), WHO)
def test_who_speaks_in_a_technical_workstream(incident, technical, lena, request, member, roles, offers):
    member = request.getfixturevalue(member)
    for role in roles:
        domain = technical.domain if role == "technical_coordinator" else None
        RoleAssignment.assign(incident, role, member, by=lena, domain=domain)

    refused = refusal(technical, member)

    assert (refused.offers if refused else None) == offers
    if refused:
        assert (refused.code, refused.waivable) == ("outsider_in_technical_stream", False)
    assert technical.messages.count() == (0 if refused else 1)


@pytest.mark.parametrize(
    ("kind", "with_domain", "shut"),
    [
        ("cause", False, True),
        ("cause", True, True),
        ("other", True, True),
        ("other", False, False),
        ("impact", True, False),
        ("messages", False, False),
        ("priorities", False, False),
    ],
)
def test_what_a_workstream_is_for_says_whether_it_is_technical(incident, lena, sam, kind, with_domain, shut):
    domain = TechnicalDomain.objects.first() if with_domain else None
    stream = open_workstream(incident, "A line of work", by=lena, kind=kind, domain=domain)

    assert (refusal(stream, sam) is not None) == shut


@pytest.mark.parametrize("member", ["ruth", "sam"])
def test_general_is_open_to_everybody_who_responds(incident, request, member):
    assert refusal(incident.workstreams.get(title="General"), request.getfixturevalue(member)) is None


def test_a_stakeholder_speaks_in_no_workstream(incident, stan):
    assert refusal(incident.workstreams.get(title="General"), stan).code == "responders_only"


def test_the_block_stays_on_the_timeline_without_the_words(incident, technical, ruth):
    assert refusal(technical, ruth)

    entry = last_entry(incident)
    assert (entry.kind, entry.actor, entry.workstream) == ("post_declined", ruth, technical)
    assert entry.details == {"member": ruth.pk}
    assert not Message.objects.filter(workstream=technical).exists()


def test_the_lead_lets_somebody_in_for_a_while(incident, technical, lena, ruth):
    entry = StreamException.grant(technical, ruth, minutes=30, by=lena)

    assert (entry.kind, entry.workstream, entry.details["name"]) == ("exception_granted", technical, "Ruth Meyer")
    assert refusal(technical, ruth) is None
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert refusal(technical, ruth).code == "outsider_in_technical_stream"


def test_an_exception_is_for_one_person_in_one_workstream(incident, technical, lena, ruth, sam):
    other = open_workstream(incident, "Ledger", by=lena, domain=TechnicalDomain.objects.last())
    StreamException.grant(technical, ruth, minutes=30, by=lena)

    assert refusal(technical, ruth) is None
    assert refusal(technical, sam)
    assert refusal(other, ruth)


def test_an_exception_is_revoked_once(technical, lena, ruth):
    exception = technical.exceptions.get(
        pk=StreamException.grant(technical, ruth, minutes=30, by=lena).details["exception"]
    )

    entry = exception.revoke(by=lena)

    assert entry.kind == "exception_revoked"
    assert refusal(technical, ruth)
    with pytest.raises(Refused) as again:
        exception.revoke(by=lena)
    assert again.value.code == "unchanged"


def test_a_second_exception_takes_the_place_of_the_first(technical, lena, ruth):
    for minutes in (30, 10):
        StreamException.grant(technical, ruth, minutes=minutes, by=lena)

    (running,) = technical.exceptions.in_force(timezone.now())
    assert running.until - running.granted_at == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("by", "whom", "minutes", "code"),
    [
        ("ruth", "ruth", 30, "coordination_right"),
        ("stan", "ruth", 30, "responders_only"),
        ("lena", "stan", 30, "responders_only"),
        ("lena", "ruth", 0, "exception_length"),
        ("lena", "ruth", 241, "exception_length"),
    ],
)
def test_what_exceptions_there_are_not(technical, request, by, whom, minutes, code):
    with pytest.raises(Refused) as refused:
        StreamException.grant(technical, request.getfixturevalue(whom), minutes=minutes, by=request.getfixturevalue(by))

    assert refused.value.code == code
    assert not technical.exceptions.exists()


def test_no_exception_is_granted_once_it_is_over(incident, technical, lena, ruth):
    incident.resolve(by=lena)

    with pytest.raises(Refused) as refused:
        StreamException.grant(technical, ruth, minutes=30, by=lena)

    assert refused.value.code == "not_open"


def test_what_was_said_while_let_in_is_the_same_message_when_sent_again(technical, incident, lena, ruth):
    exception = technical.exceptions.get(
        pk=StreamException.grant(technical, ruth, minutes=30, by=lena).details["exception"]
    )
    first = post_message(incident, by=ruth, workstream=technical, key="once")
    exception.revoke(by=lena)

    assert post_message(incident, by=ruth, workstream=technical, key="once") == first
