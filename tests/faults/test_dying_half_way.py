"""A process dies in the middle of an act: it is as if it had not begun, and doing it again does it once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import commands
from incidents.models import (
    Incident,
    IncidentInvitation,
    Obligation,
    Question,
    RoleAssignment,
    Spike,
    StatusUpdate,
    UpdateChallenge,
)
from incidents.models.commands import ObeyedCommand
from incidents.models.decisions import Decision
from notifications import broadcast, spikes, tick
from notifications.models import Component, Delivery, Maintenance, MaintenanceWord, StatusPage, Subscriber
from teams.models import Rota, Team
from teams.tenancy import tenant_models
from tests.factories import ask_for, ask_question, challenge_update, declare_incident, file_report
from tests.notifications.quiet import hush

pytestmark = pytest.mark.django_db

KIM = "kim@customer.test"


class Died(BaseException):
    """Nobody catches it, as nobody catches a kill."""


def everything():
    """All that the organisation has, row by row."""
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in tenant_models()}


@pytest.fixture
def incident(acme, lena, mei, sam):
    hush()
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    RoleAssignment.assign(incident, "support_liaison", sam, by=lena)
    return incident


@pytest.fixture
def cast(incident, request):
    names = ("lena", "tariq", "mei", "sam", "ruth", "ada", "stan")
    return {"incident": incident, **{name: request.getfixturevalue(name) for name in names}}


def again(row, *related):
    """As the next request finds it."""
    related = [name for name in ("incident", *related) if hasattr(row, f"{name}_id")]
    return type(row).objects.select_related(*related).get(pk=row.pk)


# --- What is done, where it dies, and what there is once it was done again ------------------------------------


def a_line(incident, lena, **cast):
    def act():
        asked = commands.Asked("new Ledger", workstream=again(incident.workstreams.get(position=1)), by=lena, key="1")
        commands.obey(commands.Line("ws", ""), asked)

    return act, (ObeyedCommand, "keep"), lambda: incident.workstreams.filter(title="Ledger").count()


def a_challenge(incident, sam, **cast):
    pk = StatusUpdate.publish(incident, "technical", {"text": "Down"}, by=None).details["update"]

    def act():
        update = StatusUpdate.objects.select_related("incident").get(pk=pk)
        UpdateChallenge.raise_against(update, "Not so", by=sam)

    return act, (Incident, "record"), lambda: incident.obligations.live().filter(kind="challenge").count()


def a_correction_that_answers(incident, sam, mei, **cast):
    challenge = challenge_update(incident, by=sam)

    def act():
        again(challenge, "update").update.correct({"text": "In Europe"}, by=mei, reason="Too much")

    return act, (UpdateChallenge, "_settle"), lambda: incident.challenges.filter(state="corrected").count()


def a_merge_of_questions(incident, ruth, tariq, mei, **cast):
    one, two = (ask_question(incident, text, by=by) for text, by in (("When?", ruth), ("Since when?", tariq)))

    def act():
        again(one).merge_into(again(two), by=mei)

    return act, (Obligation, "cancel"), lambda: incident.questions.filter(state="merged").count()


def joining_a_question(incident, ruth, stan, **cast):
    question = ask_question(incident, by=ruth)
    return lambda: again(question).join(by=stan), (Incident, "record"), question.askers.count


def a_merge_of_incidents(incident, lena, ruth, **cast):
    other = declare_incident(lena, "Another")
    ask_question(incident, by=ruth)

    def act():
        again(incident).merge_into(again(other), by=lena)

    return act, (Obligation, "cancel_open"), lambda: Question.objects.filter(state="declined").count()


def _asked_for(incident, tariq, lena, ada):
    Rota.objects.filter(on_call=tariq).delete()
    team = Team.objects.create(slug="data", name="Data", function=tariq.function, manager=ada)
    team.members.set([tariq])
    return ask_for(again(incident), tariq, by=lena)


def letting_somebody_go(incident, tariq, lena, ada, **cast):
    request = _asked_for(incident, tariq, lena, ada)

    def act():
        again(request).give_answer(True, by=ada)

    return act, (IncidentInvitation, "invite"), lambda: incident.invitations.waiting().filter(membership=tariq).count()


def going_unanswered(incident, tariq, lena, ada, **cast):
    request = _asked_for(incident, tariq, lena, ada)
    clock = Obligation.objects.get(kind="reinforce", subject=request.pk)

    def act():
        again(clock).advance(clock.due_at)

    return act, (Decision, "open"), lambda: incident.decisions.open().count()


def _page(lena, ada):
    StatusPage.arrange(lena.organization, by=ada, name="Acme", published=True)
    Component.add(by=ada, slug="card", name="Pay by card")
    subscriber = Subscriber.sign_up("email", KIM)
    subscriber.confirm(subscriber.turn)


def planning_maintenance(lena, ada, **cast):
    _page(lena, ada)
    begins = timezone.now() + timedelta(days=3)

    def act():
        times = {"starts_at": begins, "ends_at": begins + timedelta(hours=1)}
        Maintenance.plan(by=ada, title="We move it", components=Component.objects.all(), **times)

    return act, (MaintenanceWord, "wind"), lambda: MaintenanceWord.objects.filter(kind="announced").count()


def ending_maintenance_early(lena, ada, **cast):
    _page(lena, ada)
    now = timezone.now()
    times = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
    window = Maintenance.plan(by=ada, title="We move it", components=Component.objects.all(), **times)
    tick.prepare()

    def act():
        again(window).end(by=ada)

    return act, (MaintenanceWord, "finish"), lambda: window.words.due(timezone.now()).filter(kind="finished").count()


def telling_of_a_spike(stan, **cast):
    file_report(None, "Login is broken", by=stan, count=6)
    spike = Spike.objects.get()

    def act():
        spikes.tell(spike.organization_id, spike.pk, timezone.now())

    def told():
        return len(set(Delivery.objects.filter(topic=f"spike:{spike.pk}").values_list("notice", flat=True)))

    return act, (Delivery.objects, "bulk_create"), told


def entering_an_address(lena, ada, client, **cast):
    _page(lena, ada)

    def act():
        client.post("/status/acme/subscribe/", {"email": "new@customer.test"})

    def sent():
        return Delivery.objects.filter(subscriber__address="new@customer.test").count()

    return act, (Delivery.objects, "create"), sent


def sending_the_proof_again(lena, ada, **cast):
    _page(lena, ada)
    lost = Subscriber.sign_up("email", "lost@customer.test")

    def act():
        broadcast.ask_again(StatusPage.of(lena.organization), again(lost), by=ada)

    return act, (Delivery.objects, "create"), lambda: Delivery.objects.filter(subscriber=lost).count()


@pytest.mark.parametrize(
    "doing",
    [
        a_line,
        a_challenge,
        a_correction_that_answers,
        a_merge_of_questions,
        joining_a_question,
        a_merge_of_incidents,
        letting_somebody_go,
        going_unanswered,
        planning_maintenance,
        ending_maintenance_early,
        telling_of_a_spike,
        entering_an_address,
        sending_the_proof_again,
    ],
    ids=lambda doing: doing.__name__,
)
def test_it_is_all_there_or_nothing_and_done_again_it_is_done_once(doing, cast, client, monkeypatch):
    act, (where, name), there = doing(client=client, **cast)
    before = everything()

    with monkeypatch.context() as dying:
        dying.setattr(where, name, _die)
        with pytest.raises(Died):
            act()
    after = everything()
    assert [label for label in before if before[label] != after[label]] == []
    assert there() == 0

    act()
    assert there() == 1
    assert [incident.first_break() for incident in Incident.objects.all()] == [None] * Incident.objects.count()


def _die(*args, **kwargs):
    raise Died
