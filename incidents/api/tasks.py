"""Tasks: what has to be done, by whom, and what became of it."""

from django.db import transaction
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint, unchanged_is_fine
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Person, Reason, Waiver

from ..lookups import find_incident, find_task
from ..models import Task
from ..models.tasks import TaskPhase, TaskState
from .parts import MessagePart, WorkstreamPart
from .reach import require_responder


class TaskAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    text = serializers.CharField()
    phase = serializers.ChoiceField(choices=TaskPhase)
    role = serializers.CharField(help_text="Whose step of the playbook it is; empty for what people added.")
    owner = Person(
        source="present_owner", allow_null=True, help_text="Who has it, or holds its role now; null: nobody."
    )
    due_at = serializers.DateTimeField(allow_null=True)
    workstream = serializers.IntegerField(source="workstream_id", allow_null=True)
    message = serializers.IntegerField(source="message_id", allow_null=True, help_text="What it was raised from.")
    state = serializers.ChoiceField(choices=TaskState)
    reason = serializers.CharField(help_text="Why it is not needed.")
    added_by = Person(allow_null=True)
    added_at = serializers.DateTimeField()
    settled_by = Person(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)


class NewTask(Body):
    text = Line(max_length=200, help_text="Starts with a verb, and is one action.")
    owner = Person(required=False, allow_null=True)
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    phase = serializers.ChoiceField(choices=TaskPhase, required=False)
    workstream = WorkstreamPart()
    message = MessagePart(help_text="What it is raised from; it then belongs to the message's workstream.")


class TaskChange(Body):
    """What is not given stays as it is."""

    owner = Person(required=False)
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    state = serializers.ChoiceField(choices=TaskState, required=False)
    reason = Reason(max_length=500, help_text="Needed where it is not needed.")
    waiver = Waiver()


class Tasks(Endpoint):
    @listing(TaskAnswer)
    def get(self, request, number):
        """List the tasks, in the order of their numbers. For those who work in the incident."""
        incident = find_incident(request, number)
        require_responder(request)
        tasks = incident.tasks.visible_to(self.member).with_people()
        return self.page(TaskAnswer, tasks, ascending=True, prepare=owners_in(incident))

    @operation(
        body=NewTask,
        answer=TaskAnswer,
        status=201,
        examples=[
            OpenApiExample("Drain", {"text": "Drain the queue", "owner": "tariq@acme.test"}, request_only=True),
        ],
    )
    def post(self, request, number):
        """Add a task."""
        incident = find_incident(request, number)
        entry = Task.add(incident, by=self.member, **self.body(NewTask))
        return answer_task(self, incident, entry.details["task"], status=201)


class OneTask(Endpoint):
    @operation(answer=TaskAnswer)
    def get(self, request, number, pk):
        """Read a task."""
        return answer_task(self, find_incident(request, number), pk)

    @operation(
        body=TaskChange,
        answer=TaskAnswer,
    )
    def patch(self, request, number, pk):
        """Take or give a task, move its time, say that it is done or not needed, or open it again."""
        incident = find_incident(request, number)
        task = find_task(request, incident, pk)
        change(task, by=self.member, **self.body(TaskChange))
        return answer_task(self, incident, pk)


@transaction.atomic
def change(task, *, by, reason="", waiver="", **asked):
    """Each part by its own verb, all of them or none; what is so already is left alone."""
    if asked.get("state") == TaskState.OPEN and not task.is_open:
        task.reopen(by=by)
    arranged = {name: asked[name] for name in ("owner", "due_at") if name in asked}
    with unchanged_is_fine():
        task.rearrange(by=by, waiver=waiver, **arranged)
    if asked.get("state") in (TaskState.DONE, TaskState.NOT_NEEDED) and asked["state"] != task.state:
        if asked["state"] == TaskState.DONE:
            task.done(by=by)
        else:
            task.not_needed(reason=reason, by=by)


def owners_in(incident):
    """Give every task of a page its `present_owner`, with one query for all of them."""

    def prepare(tasks):
        roles = list(incident.roles.current().with_people())
        for task in tasks:
            task.present_owner = task.owner_among(roles)

    return prepare


def answer_task(endpoint, incident, pk, *, status=200):
    task = find_task(endpoint.request, incident, pk)
    owners_in(incident)([task])
    return endpoint.answer(TaskAnswer, task, status=status)
