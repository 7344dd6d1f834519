"""Tasks, findings and questions: what has to be done, what was found, what somebody wants to know."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from playbooks.models import Audience
from teams.models import TechnicalDomain

from ..models import Finding, Task
from ..models.asks import MAX_LENGTH as ASK_LENGTH
from ..models.briefings import NOTE_LENGTH
from ..models.questions import MAX_LENGTH
from .acts import ActForm, OnceKey, Prose, Reason, WaivableForm
from .workstreams import responders

KEEP = "keep"
TIMES = [("5", "5 min"), ("10", "10 min"), ("15", "15 min"), ("30", "30 min"), ("60", "1 hour"), ("120", "2 hours")]
ASK_TIMES = [("5", "5 min"), ("15", "15 min"), ("30", "30 min"), ("60", "1 hour")]


class DueField(forms.ChoiceField):
    """In how many minutes from now; cleaned to the moment, None for no time in particular, or `KEEP`."""

    def __init__(self, *, extra=()):
        choices = [*extra, ("", "No time in particular"), *((minutes, f"In {words}") for minutes, words in TIMES)]
        super().__init__(label="Due", choices=choices, required=False)

    def clean(self, value):
        value = super().clean(value)
        if value == KEEP:
            return KEEP
        return timezone.now() + timedelta(minutes=int(value)) if value else None


class TaskForm(ActForm):
    """The keywords of `Task.add`."""

    text = forms.CharField(
        label="What has to be done",
        help_text="Start with a verb; one action. For example: Drain the queue",
        max_length=200,
        error_messages={"required": "Say what has to be done."},
    )
    owner = forms.ModelChoiceField(None, required=False, empty_label="Nobody yet")
    phase = forms.ChoiceField(choices=Task.Phase, initial=Task.Phase.NOW, widget=forms.RadioSelect)
    due_at = DueField()
    key = OnceKey()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = responders()


class TaskChangeForm(WaivableForm):
    """Who does it, and when it is due."""

    fields_of_rules = {"unchanged": "owner"}

    owner = forms.ModelChoiceField(None, required=False, empty_label="As it is")
    due_at = DueField(extra=[(KEEP, "As it is")])

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = responders()
        self.fields["due_at"].initial = KEEP

    @property
    def changes(self):
        """The keywords of `Task.rearrange`."""
        said = {name: value for name, value in self.cleaned_data.items() if value not in (KEEP, "")}
        if said["owner"] is None:
            del said["owner"]
        return said


class NotNeededForm(ActForm):
    fields_of_rules = {"reason_required": "reason"}

    reason = Reason(label="Not needed, because")


class FindingForm(ActForm):
    """The keywords of `Finding.post`."""

    condition = Prose(
        label="Condition",
        help_text="What is. For example: 5.1 is healthy on the canary",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what you found."},
    )
    actions = Prose(label="Actions", help_text="What was done", max_length=2000, required=False)
    needs = Prose(label="Needs", help_text="What you need from the lead", max_length=2000, required=False)
    meaning = Prose(label="Meaning", help_text="What follows from it", max_length=2000, required=False)
    confidence = forms.ChoiceField(
        choices=Finding.Confidence, initial=Finding.Confidence.MEDIUM, widget=forms.RadioSelect
    )
    needs_action = forms.BooleanField(label="Somebody has to act on it now", required=False)
    workstream = forms.ModelChoiceField(None, required=False, empty_label="None in particular")
    domain = forms.ModelChoiceField(None, required=False, empty_label="That of the workstream")
    evidence = forms.URLField(
        label="Evidence",
        help_text="A link to a graph, a log or a ticket",
        max_length=500,
        required=False,
        assume_scheme="https",
    )
    key = OnceKey()

    def __init__(self, *args, workstreams, message=None, **kwargs):
        super().__init__(*args, **kwargs)
        if message:
            # It belongs where the message stands.
            del self.fields["workstream"]
        else:
            self.fields["workstream"].queryset = workstreams
        for name in ("actions", "needs", "meaning"):
            self.fields[name].widget.attrs["rows"] = 2
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()


class AcknowledgementForm(WaivableForm):
    """The keywords of `Finding.acknowledge`."""


class SettingAsideForm(WaivableForm):
    """The keywords of `Finding.set_aside`."""

    fields_of_rules = {"reason_required": "reason"}

    reason = Reason(label="Set aside, because")


class QuestionForm(ActForm):
    """The keywords of `Question.ask`."""

    fields_of_rules = {"empty": "text"}

    text = Prose(
        label="Your question",
        help_text="It goes to who answers questions, and never into a workstream. You get the answer by mail.",
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write your question first."},
    )
    for_customers = forms.BooleanField(label="I ask for customers", required=False)
    for_briefing = forms.BooleanField(label="The next briefing is soon enough", required=False)
    key = OnceKey()


class AnswerForm(ActForm):
    """An answer, or with `declined` why there is none."""

    fields_of_rules = {"empty": "text", "reason_required": "text"}

    text = Prose(
        label="Answer",
        help_text="Everybody who asked gets it by mail.",
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
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

    def __init__(self, *args, question, **kwargs):
        super().__init__(*args, **kwargs)
        others = question.incident.questions.waiting().exclude(pk=question.pk)
        self.fields["other"].queryset = others.in_order()


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
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write what you have to know."},
    )
    purpose = forms.CharField(label="What for", max_length=200, required=False)
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
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write the answer first, or why there is none."},
    )
    declined = forms.BooleanField(widget=forms.HiddenInput, required=False)


class BriefingForm(ActForm):
    """The keywords of `Briefing.hold`: for each question whether it was read out, and what was said."""

    note = Prose(
        label="What else was said",
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
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
                widget=forms.Textarea(attrs={"rows": 2}),
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


class ExceptionForm(ActForm):
    """The keywords of `StreamException.grant`."""

    membership = forms.ModelChoiceField(None, label="Who", empty_label="Choose a member")
    minutes = forms.TypedChoiceField(
        label="For how long",
        choices=[("15", "15 min"), ("30", "30 min"), ("60", "1 hour"), ("120", "2 hours")],
        coerce=int,
        initial="30",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["membership"].queryset = responders()
