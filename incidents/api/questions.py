"""Questions: what somebody wants to know, and the answer."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from playbooks.models import Audience
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Person, Text

from ..lookups import find_incident, find_question
from ..models import Question
from ..models.questions import MAX_LENGTH, QuestionState


class QuestionAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    text = serializers.CharField()
    audience = serializers.ChoiceField(choices=Audience, help_text="The tier that the asker belongs to.")
    for_customers = serializers.BooleanField(help_text="The support liaison answers.")
    for_briefing = serializers.BooleanField(help_text="The next update to leadership is soon enough.")
    asker = Person()
    asked_at = serializers.DateTimeField()
    answer_by = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=QuestionState)
    answer = serializers.CharField(help_text="The answer, or why there is none.")
    answered_by = Person(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)


class NewQuestion(Body):
    text = Text(max_length=MAX_LENGTH)
    audience = serializers.ChoiceField(choices=Audience, required=False, help_text="Else that of the asker's function.")
    for_customers = serializers.BooleanField(required=False)
    for_briefing = serializers.BooleanField(required=False)


class Answering(Body):
    text = Text(max_length=MAX_LENGTH)
    declined = serializers.BooleanField(required=False, help_text="There is no answer; `text` says why.")


class Questions(Endpoint):
    @listing(QuestionAnswer)
    def get(self, request, number):
        """List the questions: all of them for who may answer, one's own for everybody else."""
        incident = find_incident(request, number)
        found = Question.objects.visible_to(self.member, incident).with_people()
        return self.page(QuestionAnswer, found, ascending=True)

    @operation(
        body=NewQuestion,
        answer=QuestionAnswer,
        status=201,
        examples=[
            OpenApiExample("A question", {"text": "May we tell Hooli that it is Europe only?"}, request_only=True)
        ],
    )
    def post(self, request, number):
        """Ask a question. Everybody who may see the incident may; it interrupts nobody and drops into no workstream."""
        incident = find_incident(request, number)
        entry = Question.ask(incident, by=self.member, **self.body(NewQuestion))
        return self.answer(QuestionAnswer, find_question(request, incident, entry.details["question"]), status=201)


class OneQuestion(Endpoint):
    @operation(answer=QuestionAnswer)
    def get(self, request, number, pk):
        """Read a question."""
        return self.answer(QuestionAnswer, find_question(request, find_incident(request, number), pk))


class AnswerOfQuestion(Endpoint):
    @operation(body=Answering, answer=QuestionAnswer)
    def post(self, request, number, pk):
        """Answer a question, once, or decline it with a reason. Whoever asked is told."""
        question = find_question(request, find_incident(request, number), pk)
        asked = self.body(Answering)
        if asked.get("declined"):
            question.decline(reason=asked["text"], by=self.member)
        else:
            question.give_answer(asked["text"], by=self.member)
        return self.answer(QuestionAnswer, find_question(request, question.incident, pk))
