"""Tasks: what has to be done, by whom and until when."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from ..models import Task
from .acts import ActForm, OnceKey, Reason, WaivableForm
from .reasons import ReasonForm
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


class NotNeededForm(ReasonForm):
    """The keywords of `Task.not_needed`."""

    reason = Reason(label="Not needed, because")
