"""Tasks, findings and questions: what has to be done, what was found, what somebody wants to know."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from teams.models import TechnicalDomain

from ..models import Finding, Task
from ..models.questions import MAX_LENGTH
from .acts import ActForm, OnceKey, Prose, Reason, WaivableForm
from .workstreams import responders

KEEP = "keep"
TIMES = [("5", "5 min"), ("10", "10 min"), ("15", "15 min"), ("30", "30 min"), ("60", "1 hour"), ("120", "2 hours")]


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
        help_text="The asker gets it by mail.",
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write the answer first, or why there is none."},
    )
    declined = forms.BooleanField(widget=forms.HiddenInput, required=False)


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
