"""Tasks: one action, one owner; from the playbook or from people; done, not needed, or due."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.guards import Facts, gaps_of
from incidents.models import Obligation, RoleAssignment, Task
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import add_task, declare_incident, post_message
from tests.incidents.pages import all_at_once, last_entry


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


def owners_of(incident):
    """`{label: name of the owner}` of every task, the empty string where nobody has it."""
    roles = list(incident.roles.current().with_people())
    tasks = {task.label: task.owner_among(roles) for task in incident.tasks.with_people().in_order()}
    return {label: owner.name if owner else "" for label, owner in tasks.items()}


def unowned(incident):
    return {gap.subject: gap.message for gap in gaps_of(Facts.of(incident)) if gap.code == "task_unowned"}


# --- From the playbook ---------------------------------------------------------------------------------------


def test_the_steps_of_the_playbook_are_tasks_from_the_start(incident):
    tasks = [(task.label, task.phase, task.role, task.text) for task in incident.tasks.in_order()]

    assert len(tasks) == incident.playbook_version.steps.count()
    assert tasks[0] == ("T1", "now", "lead", "Take or give the lead")
    assert tasks[4] == ("T5", "now", "communications_lead", "Publish a first coordination update")
    assert tasks[-1] == ("T9", "later", "lead", "Release everybody who is still on it")


def test_a_step_belongs_to_whoever_holds_its_role(incident, lena, mei, tariq):
    assert (owners_of(incident)["T1"], owners_of(incident)["T5"]) == ("Lena Fischer", "")

    RoleAssignment.take(incident, "communications_lead", by=mei)
    RoleAssignment.assign(incident, "lead", tariq, by=lena)

    assert (owners_of(incident)["T1"], owners_of(incident)["T5"]) == ("Tariq Haddad", "Mei Tanaka")


def test_the_steps_of_a_vacant_role_are_one_gap(incident, mei):
    assert unowned(incident) == {"communications_lead": "Nobody has the tasks of the communications lead: T5, T6, T8."}

    RoleAssignment.take(incident, "communications_lead", by=mei)

    assert unowned(incident) == {}


def test_an_incident_without_a_playbook_has_no_tasks(lena):
    incident = declare_incident(lena)
    incident.playbook_version = None
    incident.tasks.all().delete()

    Task.lay_out(incident)

    assert not incident.tasks.exists()


# --- From people ---------------------------------------------------------------------------------------------


def test_a_task_gets_the_next_number_and_an_owner(incident, lena, tariq):
    entry = Task.add(incident, " Drain the queue ", by=lena, owner=tariq)

    task = incident.tasks.get(number=10)
    assert (task.label, task.text, task.owner, task.phase) == ("T10", "Drain the queue", tariq, "now")
    assert (entry.kind, entry.details["name"], entry.details["owner"]) == ("task_added", "Tariq Haddad", tariq.pk)
    assert incident.participants.current().filter(membership=tariq).exists()


def test_a_task_that_nobody_has_is_a_gap_of_its_own(incident, lena, tariq):
    task = add_task(incident, by=lena)
    assert unowned(incident)["10"] == "Nobody has task T10: Drain the queue."

    task.take(by=tariq)

    assert "10" not in unowned(incident)
    assert last_entry(incident).kind == "task_taken"


def test_a_task_of_somebody_who_left_is_nobodys(incident, lena, tariq, mei):
    task = add_task(incident, by=lena, owner=tariq)
    assert "10" not in unowned(incident)

    tariq.end(by=lena)

    assert unowned(incident)["10"] == "Nobody has task T10: Drain the queue."
    incident.tasks.get(pk=task.pk).take(by=mei)
    assert "10" not in unowned(incident)


def test_the_same_key_is_the_same_task(incident, lena):
    first, second = (Task.add(incident, "Drain the queue", by=lena, key="once") for _ in range(2))

    assert first.pk == second.pk
    assert incident.tasks.filter(text="Drain the queue").count() == 1


def test_a_task_from_a_message_belongs_to_its_workstream(incident, lena):
    message = post_message(incident, by=lena)

    task = add_task(incident, by=lena, message=message)

    assert (task.message, task.workstream) == (message, message.workstream)
    assert [each.label for each in incident.messages.for_reading().get().raised] == ["T10"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": "  "}, "empty"),
        ({"due_at": timedelta(minutes=-1)}, "due_past"),
        ({"due_at": timedelta(days=8)}, "due_far"),
    ],
)
def test_what_cannot_be_a_task(incident, lena, fields, code):
    fields = {"text": "Drain the queue", **fields}
    if "due_at" in fields:
        fields["due_at"] += timezone.now()

    with pytest.raises(Refused) as refused:
        Task.add(incident, fields.pop("text"), by=lena, **fields)

    assert refused.value.code == code


def test_a_stakeholder_neither_adds_nor_gets_one(incident, lena, stan):
    for by, owner in ((stan, None), (lena, stan)):
        with pytest.raises(Refused) as refused:
            Task.add(incident, "Call the customers", by=by, owner=owner)
        assert refused.value.code == "responders_only"


# --- Whose it is ---------------------------------------------------------------------------------------------


def test_a_task_is_taken_once(incident, tariq, sam):
    task = add_task(incident, by=tariq)
    task.take(by=tariq)

    with pytest.raises(Refused) as again:
        task.take(by=tariq)
    with pytest.raises(Refused, match="Tariq Haddad does it") as late:
        task.take(by=sam)

    assert (again.value.code, late.value.code) == ("unchanged", "task_owned")


def test_a_step_of_a_role_that_somebody_holds_is_not_taken_from_them(incident, lena, tariq):
    step = incident.tasks.get(number=1)

    with pytest.raises(Refused, match="Lena Fischer does it"):
        step.take(by=tariq)
    step.take(by=lena)

    assert step.owner == lena


def test_of_many_who_take_it_one_gets_it(committed_acme):
    with acting_in(committed_acme):
        members = {each.email: each for each in Membership.objects.with_people()}
        task = add_task(declare_incident(members["lena@acme.test"]), by=members["lena@acme.test"])
    takers = iter([members["tariq@acme.test"], members["sam@acme.test"]] * 4)

    def take():
        with acting_in(committed_acme):
            try:
                Task.objects.get(pk=task.pk).take(by=next(takers))
            except Refused as refused:
                return refused.code
            return "taken"

    results = all_at_once(take)

    assert results.count("taken") == 1
    assert set(results) == {"taken", "task_owned", "unchanged"}


def test_the_owner_passes_it_on_and_the_lead_gives_it_to_anybody(incident, lena, tariq, sam, mei):
    task = add_task(incident, by=lena, owner=tariq)

    task.give(sam, by=tariq)
    entry = task.give(mei, by=lena)

    assert (entry.kind, entry.details["name"], entry.details["before"]) == ("task_given", "Mei Tanaka", "Sam Okafor")
    assert task.owner == mei


def test_taking_it_off_somebody_else_wants_a_reason(incident, lena, tariq, sam):
    task = add_task(incident, by=lena, owner=tariq)

    with pytest.raises(Refused) as refused:
        task.give(sam, by=sam)
    assert (refused.value.code, refused.value.waivable) == ("task_owner_only", True)

    assert task.give(sam, by=sam, waiver="Tariq went offline").details["waiver"] == "Tariq went offline"


# --- Its end -------------------------------------------------------------------------------------------------


def test_done_is_stamped_and_said_once(incident, lena, tariq):
    task = add_task(incident, by=lena, owner=tariq)

    entry = task.done(by=tariq)

    assert (task.state, task.settled_by) == ("done", tariq)
    assert entry.kind == "task_done"
    with pytest.raises(Refused) as again:
        task.done(by=tariq)
    assert again.value.code == "task_settled"


def test_not_needed_says_why(incident, lena):
    task = add_task(incident, by=lena)

    with pytest.raises(Refused) as refused:
        task.not_needed(reason="", by=lena)
    assert refused.value.code == "reason_required"

    entry = task.not_needed(reason="The queue is empty", by=lena)
    assert (task.state, task.reason, entry.details["reason"]) == (
        "not_needed",
        "The queue is empty",
        "The queue is empty",
    )


def test_a_task_is_reopened(incident, lena):
    task = add_task(incident, by=lena, due_at=timezone.now() + timedelta(minutes=10))
    task.done(by=lena)

    task.reopen(by=lena)

    assert (task.state, task.settled_by, task.settled_at) == ("open", None, None)
    assert incident.obligations.live().filter(kind="task", subject=task.pk).exists()
    with pytest.raises(Refused):
        task.reopen(by=lena)


def test_last_tasks_are_done_after_it_is_resolved_and_none_after_it_is_closed(incident, lena):
    last, other = incident.tasks.get(number=9), incident.tasks.get(number=8)
    incident.resolve(by=lena)

    last.done(by=lena)
    with pytest.raises(Refused) as added:
        Task.add(incident, "Write it down", by=lena)
    incident.close(by=lena)
    with pytest.raises(Refused) as late:
        other.done(by=lena)

    assert last.state == "done"
    assert {added.value.code, late.value.code} == {"not_open"}


# --- When it is due ------------------------------------------------------------------------------------------


def advance(task, at):
    return Obligation.objects.get(kind="task", subject=task.pk, settled_at=None).advance(at)


def test_a_due_task_nudges_its_owner_and_then_the_lead(incident, lena, tariq):
    due_at = timezone.now() + timedelta(minutes=10)
    task = add_task(incident, by=lena, owner=tariq, due_at=due_at)

    now, late = advance(task, due_at), advance(task, due_at + timedelta(minutes=5))

    assert (now.kind, now.details["told_members"], now.details["name"]) == ("task_due", [tariq.pk], "Tariq Haddad")
    assert (late.kind, late.details["told"]) == ("task_overdue", ["lead"])
    assert "told" not in now.details
    assert "told_members" not in late.details


def test_what_is_due_and_nobodys_is_the_leads(incident, lena):
    due_at = timezone.now() + timedelta(minutes=10)
    task = add_task(incident, by=lena, due_at=due_at)

    assert advance(task, due_at).details["told"] == ["lead"]


def test_moving_it_moves_its_clock(incident, lena, tariq, sam):
    task = add_task(incident, by=lena, owner=tariq, due_at=timezone.now() + timedelta(minutes=10))
    later = timezone.now() + timedelta(minutes=30)

    with pytest.raises(Refused) as refused:
        task.move(later, by=sam)
    entry = task.move(later, by=tariq)

    assert refused.value.code == "task_owner_only"
    assert entry.kind == "task_moved"
    assert [each.due_at for each in incident.obligations.live().filter(kind="task")] == [later]
    task.move(None, by=tariq)
    assert not incident.obligations.live().filter(kind="task").exists()


@pytest.mark.parametrize("end", ["done", "not_needed", "resolve"])
def test_nothing_is_due_once_it_is_settled(incident, lena, end):
    task = add_task(incident, by=lena, due_at=timezone.now() + timedelta(minutes=10))

    if end == "resolve":
        incident.resolve(by=lena)
    else:
        getattr(task, end)(by=lena, **({"reason": "Empty"} if end == "not_needed" else {}))

    assert not incident.obligations.live().filter(kind="task").exists()


def test_a_reopened_incident_starts_the_clocks_of_what_is_still_to_come(incident, lena):
    soon = add_task(incident, by=lena, due_at=timezone.now() + timedelta(minutes=10))
    later = add_task(incident, by=lena, due_at=timezone.now() + timedelta(minutes=90))
    incident.resolve(by=lena)

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        incident.reopen(by=lena)

    assert soon.due_at < later.due_at
    assert [each.subject for each in incident.obligations.live().filter(kind="task")] == [later.pk]


def test_a_task_due_while_the_incident_is_over_starts_no_clock(incident, lena):
    task = add_task(incident, by=lena)
    incident.resolve(by=lena)

    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        task.move(timezone.now() + timedelta(minutes=10), by=lena)

    assert not incident.obligations.live().exists()
