"""What people put on the record by hand: notes, pins, the time something really happened, documents elsewhere."""

from django import forms
from django.utils import timezone

from ..models.documents import web_address
from ..models.timeline import NOTE_LENGTH
from .acts import ActForm, OnceKey, Prose, Reason


class Moment(forms.DateTimeField):
    """A moment in the viewer's time zone, to the minute."""

    def __init__(self, **kwargs):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs)

    def has_changed(self, initial, data):
        return super().has_changed(initial and timezone.localtime(initial).replace(second=0, microsecond=0), data)


class TimedForm(ActForm):
    """`zone` says in whose time the moment is written."""

    fields_of_rules = {"in_future": "happened_at", "too_early": "happened_at", "unchanged": "happened_at"}

    @property
    def zone(self):
        return timezone.get_current_timezone_name()


class NoteForm(TimedForm):
    text = Prose(
        label="What happened",
        max_length=NOTE_LENGTH,
        rows=3,
        error_messages={"required": "Write something first."},
    )
    happened_at = Moment(label="When", required=False)
    key = OnceKey()


class PinForm(TimedForm):
    """Left empty, the message keeps its own time."""

    happened_at = Moment(label="When it happened, if that is not when it was written", required=False)


class TimeForm(TimedForm):
    happened_at = Moment(label="It really happened at")
    reason = Reason()


class DocumentForm(ActForm):
    fields_of_rules = {"not_an_address": "url", "listed_already": "url"}

    title = forms.CharField(label="Title", max_length=200)
    url = forms.URLField(
        label="Address",
        max_length=2000,
        assume_scheme="https",
        validators=[web_address],
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    note = forms.CharField(label="What it is for", max_length=300, required=False)
