"""Questions: what somebody wants to know, whom to ask, and the briefing that answers them."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from playbooks.models import Audience

from ..models import Question
from ..models.asks import MAX_LENGTH as ASK_LENGTH
from ..models.briefings import NOTE_LENGTH
from ..models.questions import MAX_LENGTH
from .acts import ActForm, OnceKey, Prose
from .workstreams import responders

ASK_TIMES = [("5", "5 min"), ("15", "15 min"), ("30", "30 min"), ("60", "1 hour")]


class QuestionForm(ActForm):
    """The keywords of `Question.ask`; `anyway`: although there are some that are alike."""

    fields_of_rules = {"empty": "text"}

    text = Prose(
        label="Your question",
        help_text="It goes to who answers questions, and never into a workstream. You get the answer by mail.",
        max_length=MAX_LENGTH,
        rows=3,
        error_messages={"required": "Write your question first."},
    )
    for_customers = forms.BooleanField(label="I ask for customers", required=False)
    for_briefing = forms.BooleanField(label="The next briefing is soon enough", required=False)
    anyway = forms.BooleanField(widget=forms.HiddenInput, required=False)
    key = OnceKey()

    def asks_the_same_as(self, member, incident):
        """Those that are alike, shown once before the question is put; none where it was said to ask anyway."""
        if self.cleaned_data["anyway"]:
            return []
        found = Question.objects.suggested_to(member, incident).alike(self.cleaned_data["text"])
        if found:
            self.data = self.data.copy()
            self.data["anyway"] = "on"
        return found

    @property
    def asked(self):
        """The keywords of the verb."""
        return {name: value for name, value in self.cleaned_data.items() if name != "anyway"}


class AnswerForm(ActForm):
    """An answer, or with `declined` why there is none."""

    fields_of_rules = {"empty": "text", "reason_required": "text"}

    text = Prose(
        label="Answer",
        help_text="Everybody who asked gets it by mail.",
        max_length=MAX_LENGTH,
        rows=3,
        error_messages={"required": "Write the answer first, or why there is none."},
    )
    to_audience = forms.BooleanField(
        label="Answer it to everybody of that tier", help_text="They read it here, and get it by mail.", required=False
    )
    declined = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, may_publish=False, **kwargs):
        super().__init__(*args, **kwargs)
        if not may_publish:
            del self.fields["to_audience"]


class MergeForm(ActForm):
    """The keywords of `Question.merge_into`."""

    other = forms.ModelChoiceField(None, label="It asks the same as", empty_label=None, widget=forms.RadioSelect)

    def __init__(self, *args, question, by, **kwargs):
        super().__init__(*args, **kwargs)
        readable = Question.objects.visible_to(by, question.incident)
        self.fields["other"].queryset = readable.waiting().exclude(pk=question.pk).in_order()


class CoverForm(ActForm):
    """The keywords of `Question.cover`."""

    audience = forms.ChoiceField(label="Whose next update", choices=Audience, widget=forms.RadioSelect)


class AskForm(ActForm):
    """The keywords of `Ask.put`."""

    fields_of_rules = {"not_rewritten": "text", "empty": "text", "already_asked": "to", "restricted_stream": "to"}

    to = forms.ModelChoiceField(None, label="Who knows it", help_text="One person.", empty_label="Choose a member")
    text = Prose(
        label="What you have to know",
        help_text="In your own words: they read this, and not the question.",
        max_length=ASK_LENGTH,
        rows=3,
        error_messages={"required": "Write what you have to know."},
    )
    purpose = forms.CharField(
        label="What for",
        help_text="What somebody can do once they know it.",
        max_length=200,
        error_messages={"required": "Say what it is for."},
    )
    minutes = forms.TypedChoiceField(
        label="Needed in", choices=ASK_TIMES, coerce=int, initial="15", widget=forms.RadioSelect
    )
    workstream = forms.ModelChoiceField(None, required=False, empty_label="None in particular")
    key = OnceKey()

    def __init__(self, *args, workstreams, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = responders()
        self.fields["workstream"].queryset = workstreams

    @property
    def put(self):
        """What was filled in, as the verb takes it."""
        minutes = self.cleaned_data["minutes"]
        given = {name: value for name, value in self.cleaned_data.items() if name != "minutes"}
        return {**given, "needed_by": timezone.now() + timedelta(minutes=minutes)}


class AskAnswerForm(ActForm):
    """The keywords of `Ask.give_answer`."""

    fields_of_rules = {"empty": "text"}

    text = Prose(
        label="Answer",
        help_text="It goes to who asked you, who tells it in other words.",
        max_length=ASK_LENGTH,
        rows=3,
        error_messages={"required": "Write the answer first, or why there is none."},
    )
    declined = forms.BooleanField(widget=forms.HiddenInput, required=False)


class BriefingForm(ActForm):
    """The keywords of `Briefing.hold`: for each question whether it was read out, and what was said."""

    note = Prose(
        label="What else was said",
        max_length=NOTE_LENGTH,
        required=False,
        rows=3,
    )
    key = OnceKey()

    def __init__(self, *args, questions, **kwargs):
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            self.fields[f"read_{question.pk}"] = forms.BooleanField(
                label=f"{question.label} was read out", initial=True, required=False
            )
            self.fields[f"said_{question.pk}"] = Prose(
                label=f"What was said to {question.label}",
                max_length=MAX_LENGTH,
                required=False,
                rows=2,
            )

    @property
    def rows(self):
        """`(question, read out, what was said)`, the latter two as bound fields."""
        return [(each, self[f"read_{each.pk}"], self[f"said_{each.pk}"]) for each in self.questions]

    @property
    def held(self):
        given = self.cleaned_data
        answers = {each.pk: given[f"said_{each.pk}"] for each in self.questions if given[f"read_{each.pk}"]}
        return {"answers": answers, "note": given["note"], "key": given["key"]}
