"""Questions: what somebody wants to know, and the answer."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from playbooks.models import Audience
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Person, Text

from ..lookups import find_ask, find_incident, find_question, find_suggested_question
from ..models import Ask, Briefing, Question
from ..models.asks import MAX_LENGTH as ASK_LENGTH
from ..models.asks import AskState
from ..models.briefings import NOTE_LENGTH
from ..models.questions import MAX_LENGTH, QuestionState
from .parts import QuestionPart, WorkstreamPart
from .reach import require_responder


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
    answer = serializers.CharField(source="said_answer", help_text="The answer, or why there is none.")
    answered_by = Person(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    to_audience = serializers.BooleanField(help_text="The answer is for everybody of the `audience`.")
    covered_audience = serializers.CharField(help_text="Whose next update answers it; empty without one.")
    merged_into = serializers.IntegerField(source="merged_into_id", allow_null=True)


class AlikeQuestion(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    text = serializers.CharField()
    state = serializers.ChoiceField(choices=QuestionState)
    answer = serializers.CharField(source="said_answer")


class QuestionDetail(QuestionAnswer):
    similar = serializers.SerializerMethodField(help_text="Others that may ask the same, the most alike first.")

    def get_similar(self, question) -> AlikeQuestion(many=True):
        return AlikeQuestion(question.alike(self.context["request"].membership), many=True).data


class AskAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    question = serializers.IntegerField(source="question_id")
    member = Person(source="addressee", help_text="Who is asked.")
    workstream = serializers.IntegerField(source="workstream_id", allow_null=True)
    text = serializers.CharField()
    purpose = serializers.CharField()
    needed_by = serializers.DateTimeField()
    asked_by = Person()
    asked_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=AskState)
    answer = serializers.CharField(help_text="What was said, or why there is no answer.")
    answered_at = serializers.DateTimeField(allow_null=True)


class BriefingAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    note = serializers.CharField()
    held_by = Person()
    held_at = serializers.DateTimeField()


class BriefingsAnswer(Answer):
    next = serializers.ListField(child=serializers.DateTimeField(), help_text="When leadership is briefed next.")
    questions = serializers.IntegerField(help_text="How many questions wait for the next one.")
    held = BriefingAnswer(many=True)


class NewQuestion(Body):
    text = Text(max_length=MAX_LENGTH)
    audience = serializers.ChoiceField(choices=Audience, required=False, help_text="Else that of the asker's function.")
    for_customers = serializers.BooleanField(required=False)
    for_briefing = serializers.BooleanField(required=False)


class Answering(Body):
    text = Text(max_length=MAX_LENGTH)
    declined = serializers.BooleanField(required=False, help_text="There is no answer; `text` says why.")
    to_audience = serializers.BooleanField(required=False, help_text="For everybody of the asker's tier.")


class Merging(Body):
    into = QuestionPart(required=True, allow_null=False, help_text="The question that asks the same.")


class Covering(Body):
    audience = serializers.ChoiceField(choices=Audience, required=False, help_text="Else that of the question.")


class NewAsk(Body):
    member = Person(source="to", help_text="The one person who is asked.")
    text = Text(max_length=ASK_LENGTH, help_text="Other words than those of the question.")
    purpose = Line(max_length=200, help_text="What somebody can do once they know it.")
    workstream = WorkstreamPart()
    needed_by = serializers.DateTimeField(required=False, allow_null=True, help_text="Else in 15 minutes.")


class AskAnswering(Body):
    text = Text(max_length=ASK_LENGTH)
    declined = serializers.BooleanField(required=False, help_text="There is no answer; `text` says why.")


class ReadOut(Body):
    question = QuestionPart(required=True, allow_null=False)
    text = Text(max_length=MAX_LENGTH, required=False, allow_blank=True, help_text="What was said.")


class NewBriefing(Body):
    questions = ReadOut(many=True, required=False, help_text="Those that were read out; the others wait on.")
    note = Text(max_length=NOTE_LENGTH, required=False, allow_blank=True)


class Questions(Endpoint):
    @listing(QuestionAnswer)
    def get(self, request, number):
        """List the questions: all of them for who may answer, one's own for everybody else."""
        incident = find_incident(request, number)
        found = Question.objects.visible_to(self.member, incident).with_people()
        return self.page(QuestionAnswer, found, ascending=True)

    @operation(
        body=NewQuestion,
        answer=QuestionDetail,
        status=201,
        examples=[
            OpenApiExample("A question", {"text": "May we tell Hooli that it is Europe only?"}, request_only=True)
        ],
    )
    def post(self, request, number):
        """Ask a question. Everybody who may see the incident may; it interrupts nobody and drops into no workstream."""
        incident = find_incident(request, number)
        entry = Question.ask(incident, by=self.member, **self.body(NewQuestion))
        return self.answer(QuestionDetail, find_question(request, incident, entry.details["question"]), status=201)


class OneQuestion(Endpoint):
    @operation(answer=QuestionDetail)
    def get(self, request, number, pk):
        """Read a question, and those that may ask the same."""
        return self.answer(QuestionDetail, find_question(request, find_incident(request, number), pk))


class AnswerOfQuestion(Endpoint):
    @operation(body=Answering, answer=QuestionAnswer)
    def post(self, request, number, pk):
        """Answer a question, once, or decline it with a reason. Whoever asked is told."""
        question = find_question(request, find_incident(request, number), pk)
        asked = self.body(Answering)
        if asked.get("declined"):
            question.decline(reason=asked["text"], by=self.member)
        else:
            question.give_answer(asked["text"], by=self.member, to_audience=asked.get("to_audience", False))
        return self.answer(QuestionAnswer, find_question(request, question.incident, pk))


class AskersOfQuestion(Endpoint):
    @operation(answer=QuestionAnswer)
    def post(self, request, number, pk):
        """Want to know it, too: the answer goes to everybody who asked. For whoever was shown it as alike."""
        question = find_suggested_question(request, find_incident(request, number), pk)
        question.join(by=self.member)
        return self.answer(QuestionAnswer, find_suggested_question(request, question.incident, pk))


class MergeOfQuestion(Endpoint):
    @operation(body=Merging, answer=QuestionAnswer)
    def post(self, request, number, pk):
        """Say that it asks the same as another one: whoever asked either gets that one's answer, once."""
        question = find_question(request, find_incident(request, number), pk)
        question.merge_into(self.body(Merging)["into"], by=self.member)
        return self.answer(QuestionAnswer, find_question(request, question.incident, pk))


class CoverageOfQuestion(Endpoint):
    @operation(body=Covering, answer=QuestionAnswer)
    def post(self, request, number, pk):
        """Let the next update answer it: the moment it is published, with its words."""
        question = find_question(request, find_incident(request, number), pk)
        question.cover(by=self.member, **self.body(Covering))
        return self.answer(QuestionAnswer, find_question(request, question.incident, pk))


class AsksOfQuestion(Endpoint):
    @operation(
        body=NewAsk,
        answer=AskAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "To one engineer",
                {"member": "mei@acme.test", "text": "Which regions fail?", "purpose": "Key account"},
                request_only=True,
            )
        ],
    )
    def post(self, request, number, pk):
        """Ask one engineer what a question needs, in other words than the asker's. It counts as an interruption."""
        question = find_question(request, find_incident(request, number), pk)
        asked = self.body(NewAsk)
        entry = Ask.put(question, asked.pop("text"), by=self.member, **asked)
        ask = Ask.objects.with_people().get(pk=entry.details["ask"])
        return self.answer(AskAnswer, ask, status=201)


class Asks(Endpoint):
    @listing(AskAnswer)
    def get(self, request, number):
        """List what engineers were asked: all of it for who answers questions, one's own for everybody else."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(AskAnswer, Ask.objects.visible_to(self.member, incident).with_people(), ascending=True)


class OneAsk(Endpoint):
    @operation(answer=AskAnswer)
    def get(self, request, number, pk):
        """Read what an engineer was asked."""
        return self.answer(AskAnswer, find_ask(request, find_incident(request, number), pk))


class AnswerOfAsk(Endpoint):
    @operation(body=AskAnswering, answer=AskAnswer)
    def post(self, request, number, pk):
        """Say what one knows, once. It goes back to the question, and to who asked."""
        ask = find_ask(request, find_incident(request, number), pk)
        said = self.body(AskAnswering)
        ask.give_answer(said["text"], by=self.member, declined=said.get("declined", False))
        return self.answer(AskAnswer, find_ask(request, ask.incident, pk))


class Briefings(Endpoint):
    @operation(answer=BriefingsAnswer)
    def get(self, request, number):
        """When leadership is briefed next, what waits for it, and the briefings that were held."""
        incident = find_incident(request, number)
        return self.answer(
            BriefingsAnswer,
            {
                "next": Briefing.times_ahead(incident),
                "questions": incident.questions.for_the_briefing().count(),
                "held": incident.briefings.with_people().latest_first(),
            },
        )

    @operation(body=NewBriefing, answer=BriefingAnswer, status=201)
    def post(self, request, number):
        """Say that leadership was briefed. The questions that were read out are answered, and whoever asked is told."""
        incident = find_incident(request, number)
        asked = self.body(NewBriefing)
        answers = {each["question"].pk: each.get("text", "") for each in asked.get("questions", ())}
        entry = Briefing.hold(incident, by=self.member, answers=answers, note=asked.get("note", ""))
        return self.answer(
            BriefingAnswer, incident.briefings.with_people().get(pk=entry.details["briefing"]), status=201
        )
