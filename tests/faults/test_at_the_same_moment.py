"""Several people and the clock do what cannot all be true, at one moment: one counts, and nothing is left half done."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from incidents import commands
from incidents.models import (
    Incident,
    Obligation,
    Participant,
    Question,
    ReinforcementRequest,
    RoleAssignment,
    Spike,
    StatusUpdate,
    SupportReport,
    UpdateChallenge,
    UpdateRead,
    Workstream,
)
from incidents.models.commands import ObeyedCommand
from notifications import broadcast, maintenance_news, spikes, tick
from notifications.models import Component, Delivery, Maintenance, MaintenanceWord, StatusPage, Subscriber
from teams.errors import Refused
from teams.models import AuditEntry, Function, Rota, Team
from teams.tenancy import acting_in
from tests.cast import _member
from tests.factories import ask_for, ask_question, challenge_update, declare_incident, file_report
from tests.notifications.quiet import hush

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = ("lena", "tariq", "mei", "sam", "ruth", "ada", "stan")
KIM = "kim@customer.test"
SAME, ALSO = "When will the checkout work in Europe again?", "Does checkout in Europe work today?"


class Cast:
    def __init__(self):
        for name in PEOPLE:
            setattr(self, name, _member(f"{name}@acme.test"))

    def incident(self, title="Card payments fail", **fields):
        incident = declare_incident(self.lena, title, severity="sev1", **fields)
        RoleAssignment.assign(incident, "communications_lead", self.mei, by=self.lena)
        return incident


def fresh(row, *related):
    """The row as another request finds it, with what it belongs to."""
    related = [name for name in ("incident", *related) if hasattr(row, f"{name}_id")]
    return type(row).objects.select_related(*related).get(pk=row.pk)


def merge(incident, other, by):
    return lambda: fresh(incident).merge_into(fresh(other), by=by)


def fall_due(kind, subject):
    """The clock whose moment has come, and what the scheduler does with it."""
    past = timezone.now() - timedelta(seconds=1)
    clock = Obligation.objects.get(kind=kind, subject=subject)
    Obligation.objects.filter(pk=clock.pk).update(warn_at=past, due_at=past, next_at=past)
    return lambda: fresh(clock).advance(timezone.now())


def kinds_in(incident, *kinds):
    return incident.timeline.of_kinds(*kinds).count()


def owed(incident, kind):
    return incident.obligations.live().filter(kind=kind).count()


# --- What meets -----------------------------------------------------------------------------------------------
# Each returns the acts, and what must be true of their outcomes: `done`, or the code of a refusal.


def a_challenge_is_let_stand_corrected_withdrawn_and_falls_due(cast):
    incident = cast.incident()
    RoleAssignment.assign(incident, "support_liaison", cast.sam, by=cast.lena)
    challenge = challenge_update(incident, by=cast.sam)

    def settled(stands, corrected, withdrawn, _):
        now = fresh(challenge, "update")
        assert [corrected, withdrawn].count("done") == 1
        assert {corrected, withdrawn} == {"done", "already_replaced"}
        assert now.state == ("stands" if stands == "done" else now.update.state)
        assert kinds_in(incident, "challenge_answered") == 1
        assert owed(incident, "challenge") == 0

    return settled, [
        lambda: fresh(challenge).let_stand("It is right", by=cast.mei),
        lambda: fresh(challenge, "update").update.correct({"text": "In Europe"}, by=cast.mei, reason="Too much"),
        lambda: fresh(challenge, "update").update.withdraw(by=cast.mei, reason="Not us"),
        fall_due("challenge", challenge.pk),
    ]


def an_update_is_challenged_while_its_incident_goes_on_elsewhere(cast):
    incident, other = cast.incident(), cast.incident("Checkout")
    pk = StatusUpdate.publish(incident, "technical", {"text": "Down"}, by=None).details["update"]

    def settled(challenged, merged):
        assert merged == "done"
        assert challenged in ("done", "not_open")
        assert incident.challenges.count() == (challenged == "done")
        assert not incident.obligations.live().exists()

    return settled, [
        lambda: UpdateChallenge.raise_against(
            StatusUpdate.objects.select_related("incident").get(pk=pk), "No", by=cast.lena
        ),
        merge(incident, other, cast.lena),
    ]


def two_questions_are_merged_into_each_other_while_somebody_joins(cast):
    incident = cast.incident()
    one, two = ask_question(incident, SAME, by=cast.ruth), ask_question(incident, ALSO, by=cast.tariq)

    def settled(here, there, joined):
        assert sorted([here, there]) in (["already_answered", "done"], ["done", "merged"])
        assert joined in ("done", "merged")
        (left,) = Question.objects.waiting()
        assert {each.pk for each in left.everybody_who_asked} == {
            cast.ruth.pk,
            cast.tariq.pk,
            *([cast.stan.pk] if joined == "done" else []),
        }
        assert owed(incident, "question") == 1

    return settled, [
        lambda: fresh(one).merge_into(fresh(two), by=cast.mei),
        lambda: fresh(two).merge_into(fresh(one), by=cast.lena),
        lambda: fresh(one).join(by=cast.stan),
    ]


def a_question_is_answered_and_joined_while_its_incident_goes_on_elsewhere(cast):
    incident, other = cast.incident(), cast.incident("Checkout")
    question = ask_question(incident, SAME, by=cast.ruth)

    def settled(answered, joined, merged):
        assert merged == "done"
        now = fresh(question)
        assert now.state == ("answered" if answered == "done" else "declined")
        assert now.answer == ("At noon." if answered == "done" else f"It goes on in {other.key}. Ask there.")
        (told,) = incident.timeline.of_kinds("question_answered", "question_declined")
        assert (cast.stan.pk in told.details["askers"]) == (joined == "done")
        assert not incident.obligations.live().exists()

    return settled, [
        lambda: fresh(question).give_answer("At noon.", by=cast.mei),
        lambda: fresh(question).join(by=cast.stan),
        merge(incident, other, cast.lena),
    ]


def a_question_is_joined_while_its_incident_becomes_private(cast):
    incident = cast.incident()
    question = ask_question(incident, SAME, by=cast.ruth)

    def settled(joined, hidden):
        assert hidden == "done"
        assert joined in ("done", "not_visible")
        assert question.askers.count() == kinds_in(incident, "question_joined") == (joined == "done")
        # Where they were faster they hear nothing all the same: it is none of their business any more.
        fresh(question).give_answer("At noon.", by=cast.mei)
        tick.prepare()
        told = Delivery.objects.filter(notice__entry__kind="question_answered", recipient=cast.stan)
        assert not told.exists()

    return settled, [lambda: fresh(question).join(by=cast.stan), lambda: fresh(incident).make_private(by=cast.lena)]


def a_line_arrives_twice_while_its_incident_goes_on_elsewhere(cast):
    incident, other = cast.incident(), cast.incident("Checkout")
    stream = incident.workstreams.get()

    def send():
        asked = commands.Asked("new Check the ledger", workstream=fresh(stream), by=cast.lena, key="once")
        commands.obey(commands.Line("ws", ""), asked)

    def settled(first, second, merged):
        assert merged == "done"
        assert {first, second} <= {"done", "not_open"}
        opened = Workstream.objects.filter(title="Check the ledger").count()
        assert opened == ObeyedCommand.objects.count() == ("done" in (first, second))
        assert kinds_in(incident, "workstream_opened") == 1 + opened

    return settled, [send, send, merge(incident, other, cast.lena)]


def a_newcomer_chooses_a_lens_on_two_screens_and_follows(cast):
    incident = cast.incident()

    def settled(*outcomes):
        assert set(outcomes) == {"done"}
        row = Participant.objects.get(incident=incident, membership=cast.stan)
        # A sign of life may be lost to whoever came with the row; the next one comes in seconds.
        assert (row.lens, row.capacity, row.left_at) == ("exec", "follower", None)

    def choose():
        Participant.look_through(fresh(incident), cast.stan, "exec")

    return settled, [
        choose,
        choose,
        lambda: Participant.join(fresh(incident), cast.stan, by=cast.stan, capacity="follower"),
        lambda: Participant.beat(fresh(incident), [cast.stan]),
    ]


def an_update_is_read_on_three_screens_while_it_is_withdrawn(cast):
    incident = cast.incident()
    body = {"what_is_happening": "Cards fail.", "what_we_are_doing": "We roll back."}
    told = StatusUpdate.publish(incident, "customers", body, by=cast.mei).details["update"]
    update = StatusUpdate.objects.select_related("incident").get(pk=told)

    def settled(*outcomes):
        assert set(outcomes) == {"done"}
        assert UpdateRead.objects.filter(update=update, membership=cast.ruth).count() == 1

    def read():
        UpdateRead.note(fresh(update), by=cast.ruth)

    return settled, [read, read, read, lambda: fresh(update).withdraw(by=cast.mei, reason="Not us")]


def managed(cast):
    Rota.objects.filter(on_call=cast.sam).delete()
    team = Team.objects.create(
        slug="desk", name="Desk", function=Function.objects.get(slug="support"), manager=cast.ada
    )  # fmt: skip
    team.members.set([cast.sam])


def somebody_is_let_go_as_the_time_is_over_and_the_incident_goes_on_elsewhere(cast):
    managed(cast)
    incident, other = cast.incident(), cast.incident("Checkout")
    request = ask_for(incident, cast.sam, by=cast.lena)

    def settled(answered, _, merged):
        assert merged == "done"
        assert answered in ("done", "already_answered", "not_open")
        assert fresh(request).state == ("agreed" if answered == "done" else "withdrawn")
        assert not incident.invitations.waiting().exists()
        assert not incident.decisions.open().exists()
        assert not incident.obligations.live().exists()

    return settled, [
        lambda: fresh(request).give_answer(True, by=cast.ada),
        fall_due("reinforce", request.pk),
        merge(incident, other, cast.lena),
    ]


def two_ask_for_the_same_person_and_one_clicks_twice(cast):
    managed(cast)
    incident = cast.incident()

    def ask(by, key):
        return lambda: ReinforcementRequest.ask(
            fresh(incident), cast.sam, by=by, purpose="The pool", hours=4, key=key, waiver="Now"
        )

    def settled(first, again, other):
        assert first == again != other
        assert {first, other} == {"done", "unchanged"}
        assert ReinforcementRequest.objects.get().requested_by == (cast.lena if first == "done" else cast.tariq)
        assert owed(incident, "reinforce") == 1

    return settled, [ask(cast.lena, "a"), ask(cast.lena, "a"), ask(cast.tariq, "b")]


def listening(cast):
    """A published page with a part, and somebody outside who wants to hear of it."""
    StatusPage.arrange(cast.lena.organization, by=cast.ada, name="Acme", published=True)
    card = Component.add(by=cast.ada, slug="card", name="Pay by card")
    subscriber = Subscriber.sign_up("email", KIM)
    subscriber.confirm(subscriber.turn)
    return card


def plan(cast, card, begins):
    now = timezone.now().replace(second=0, microsecond=0)
    times = {"starts_at": now + begins, "ends_at": now + begins + timedelta(hours=2)}
    return Maintenance.plan(by=cast.ada, title="We move it", components=[card], **times)


def a_window_is_planned_with_three_clicks(cast):
    card = listening(cast)

    def settled(*outcomes):
        assert set(outcomes) == {"done"}
        assert Maintenance.objects.count() == MaintenanceWord.objects.of_people().count() == 1
        tick.prepare()
        assert Delivery.objects.exclude(subscriber=None).count() == 1

    return settled, [lambda: plan(cast, card, timedelta(days=3))] * 3


def a_window_is_ended_twice_and_cancelled_as_the_clock_says_that_it_has_begun(cast):
    card = listening(cast)
    window = plan(cast, card, timedelta(hours=-1))
    tick.prepare()
    begun = window.words.create(kind="started", due_at=window.starts_at)
    before = Delivery.objects.count()

    def settled(ended, again, cancelled, _):
        assert [ended, again, cancelled].count("done") == 1
        assert {ended, again, cancelled} <= {"done", "cancelled", "in_past", "unchanged"}
        tick.prepare()
        said = [*window.words.exclude(settled_at=None).order_by("pk").values_list("kind", flat=True)]
        last = "cancelled" if cancelled == "done" else "finished"
        assert said in (["announced", last], ["announced", "started", last])
        assert Delivery.objects.count() - before == len(said) - 1

    return settled, [
        lambda: fresh(window).end(by=cast.ada),
        lambda: fresh(window).end(by=cast.lena),
        lambda: fresh(window).cancel(by=cast.ada),
        lambda: maintenance_news.tell(window.organization_id, begun.pk),
    ]


def a_spike_is_brought_to_an_incident_that_goes_on_elsewhere(cast):
    incident, other = cast.incident(), cast.incident("Checkout")
    file_report(None, "Login is broken", by=cast.stan, count=6)
    spike = Spike.objects.get(incident=None)

    def settled(accepted, attached, merged):
        assert merged == "done"
        assert {accepted, attached} <= {"done", "already_answered", "report_taken", "not_open"}
        report = SupportReport.objects.get()
        taken = "done" in (accepted, attached)
        assert report.incident == (other if taken else None)
        assert (fresh(spike).state, fresh(spike).next_at is None) == ("accepted" if taken else "proposed", taken)

    return settled, [
        lambda: fresh(spike).accept(by=cast.tariq, incident=fresh(incident)),
        lambda: SupportReport.attach(SupportReport.objects.waiting(), fresh(incident), by=cast.sam),
        merge(incident, other, cast.lena),
    ]


def a_spike_falls_away_in_two_passes_while_somebody_declares(cast):
    file_report(None, "Login is broken", by=cast.stan, count=6)
    tick.prepare()
    spike = Spike.objects.get()
    past = timezone.now() - timedelta(minutes=16)
    Spike.objects.update(seen_at=past, last_at=past, next_at=timezone.now())
    asked = set(Delivery.objects.values_list("recipient", flat=True))

    def fade():
        spikes.tell(spike.organization_id, spike.pk, timezone.now())

    def settled(accepted, *_):
        assert accepted in ("done", "already_answered")
        assert fresh(spike).state == ("accepted" if accepted == "done" else "faded")
        assert Incident.objects.count() == (accepted == "done")
        over = Delivery.objects.filter(topic=f"spike_over:{spike.pk}", channel="email")
        assert sorted(over.values_list("recipient", flat=True)) == ([] if accepted == "done" else sorted(asked))

    return settled, [lambda: fresh(spike).accept(by=cast.tariq, title="Login"), fade, fade]


def somebody_outside_chooses_leaves_and_is_entered_again(cast):
    card = listening(cast)
    subscriber = Subscriber.objects.get()

    def settled(chosen, left, entered):
        assert (left, entered) == ("done", "done")
        assert chosen in ("done", "link_over")
        now = Subscriber.objects.get()
        # Whoever was entered anew has to prove anew that they want it; the links from before lead nowhere.
        assert (now.is_confirmed, now.turn) == (False, 1)
        assert now.is_unproven == (now.left_at is None)
        with pytest.raises(Refused):
            now.choose([card], turn=0)

    return settled, [
        lambda: fresh(subscriber).choose([card], turn=0),
        lambda: fresh(subscriber).leave(),
        lambda: Subscriber.sign_up("email", KIM),
    ]


def the_link_is_sent_once_more_by_three_administrators(cast):
    listening(cast)
    page = StatusPage.of(cast.lena.organization)
    lost = Subscriber.sign_up("email", "lost@customer.test")

    def settled(*outcomes):
        assert sorted(outcomes) == ["done", "too_often", "too_often"]
        assert Delivery.objects.filter(subscriber=lost).count() == 1
        assert AuditEntry.objects.filter(act="subscriber_asked_again").count() == 1

    return settled, [lambda: broadcast.ask_again(page, fresh(lost), by=cast.ada)] * 3


@pytest.mark.parametrize(
    "meeting",
    [
        a_challenge_is_let_stand_corrected_withdrawn_and_falls_due,
        an_update_is_challenged_while_its_incident_goes_on_elsewhere,
        two_questions_are_merged_into_each_other_while_somebody_joins,
        a_question_is_answered_and_joined_while_its_incident_goes_on_elsewhere,
        a_question_is_joined_while_its_incident_becomes_private,
        a_line_arrives_twice_while_its_incident_goes_on_elsewhere,
        a_newcomer_chooses_a_lens_on_two_screens_and_follows,
        an_update_is_read_on_three_screens_while_it_is_withdrawn,
        somebody_is_let_go_as_the_time_is_over_and_the_incident_goes_on_elsewhere,
        two_ask_for_the_same_person_and_one_clicks_twice,
        a_window_is_planned_with_three_clicks,
        a_window_is_ended_twice_and_cancelled_as_the_clock_says_that_it_has_begun,
        a_spike_is_brought_to_an_incident_that_goes_on_elsewhere,
        a_spike_falls_away_in_two_passes_while_somebody_declares,
        somebody_outside_chooses_leaves_and_is_entered_again,
        the_link_is_sent_once_more_by_three_administrators,
    ],
    ids=lambda meeting: meeting.__name__,
)
def test_one_counts_and_the_rest_is_refused_in_words(meeting, committed_acme):
    hush()
    with acting_in(committed_acme):
        settled, acts = meeting(Cast())

    outcomes = at_once(committed_acme, acts)

    with acting_in(committed_acme):
        settled(*outcomes)
        assert [incident.first_break() for incident in Incident.objects.all()] == [None] * Incident.objects.count()
    tick.prepare()
    assert tick.prepare() == {"clocks": 0, "spikes": 0, "fan_outs": 0, "recipients": 0, "windows": 0}


def at_once(organization, acts):
    """What became of each: `done`, or the code it was refused with. Everything else is raised here."""
    start = threading.Barrier(len(acts))

    def run(act):
        try:
            with acting_in(organization):
                start.wait(30)
                act()
        except Refused as refused:
            return refused.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as people:
        return list(people.map(run, acts))
