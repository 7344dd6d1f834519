"""Changes: claiming them, putting them in order, and saying how they end."""

from datetime import datetime, timedelta
from itertools import pairwise, permutations

from django import forms
from django.utils import timezone

from teams.models import Service, TechnicalDomain

from ..models import ChangeIntent
from ..models.change_states import RESULTS
from .acts import ActForm, OneLine, Reason, WaivableForm
from .workstreams import responders

USUAL = timedelta(minutes=30)
# So many changes are offered in every order; of more, only the first is chosen.
ALL_ORDERS = 3


class ClockField(forms.TimeField):
    """A time of day where the reader is; `next_after` makes it a moment."""

    def __init__(self, **kwargs):
        widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        super().__init__(input_formats=["%H:%M", "%H:%M:%S"], widget=widget, **kwargs)


def next_after(moment, time):
    """The first moment later than the given one at which clocks here show this time."""
    local = timezone.localtime(moment)
    found = timezone.make_aware(datetime.combine(local.date(), time))
    if found <= moment:
        found = timezone.make_aware(datetime.combine(local.date() + timedelta(days=1), time))
    return found


class ChangeForm(ActForm):
    """The keywords of `ChangeIntent.propose`."""

    fields_of_rules = {"window_order": "until", "window_far": "until"}

    action = OneLine(
        label="What do you change?",
        help_text="One line, for example: roll the gateway back to 5.1.",
        max_length=200,
    )
    services = forms.ModelMultipleChoiceField(
        label="Services it touches",
        help_text="Others who change these, or what needs them, are told.",
        queryset=Service.objects.none(),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    until = ClockField(label="Until")
    starts = ClockField(label="From", help_text="Empty: from now on.", required=False)
    reversible = forms.BooleanField(label="It can be undone", required=False, initial=True)
    owner = forms.ModelChoiceField(None, label="Who does it", required=False, empty_label="I do")
    domain = forms.ModelChoiceField(None, label="Technical domain", required=False, empty_label="None in particular")
    workstream = forms.ModelChoiceField(None, label="Workstream", required=False, empty_label="None in particular")

    def __init__(self, *args, incident, member, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = Service.objects.in_order()
        self.fields["until"].initial = timezone.localtime(timezone.now() + USUAL).time()
        self.fields["owner"].queryset = responders().exclude(pk=member.pk)
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()
        self.fields["workstream"].queryset = incident.workstreams.visible_to(member).in_order()

    @property
    def proposal(self):
        asked = {name: self.cleaned_data[name] for name in ("action", "services", "reversible", "owner", "domain")}
        now, starts = timezone.now(), self.cleaned_data["starts"]
        starts_at = next_after(now, starts) if starts else now
        return asked | {
            "workstream": self.cleaned_data["workstream"],
            "starts_at": starts_at,
            "until": next_after(starts_at, self.cleaned_data["until"]),
        }


class ResultForm(WaivableForm):
    """The keywords of `ChangeIntent.finish`."""

    result = forms.ChoiceField(label="How did it end?", widget=forms.RadioSelect)
    text = Reason(label="What became of it", help_text="One line for the timeline.")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["result"].choices = [(result, result.label) for result in RESULTS]


class ExtensionForm(WaivableForm):
    """The keywords of `ChangeIntent.extend`."""

    fields_of_rules = {"window_order": "until", "window_far": "until"}

    until = ClockField(label="Until")
    reason = Reason()

    def __init__(self, *args, change, **kwargs):
        super().__init__(*args, **kwargs)
        self.change = change
        later = timezone.localtime(max(change.until, timezone.now()) + USUAL)
        self.fields["until"].initial = later.time()

    @property
    def extension(self):
        """A time that has passed today is meant for tomorrow only where the change goes on that long."""
        asked = {name: self.cleaned_data[name] for name in ("reason", "waiver")}
        return asked | {"until": next_after(timezone.now(), self.cleaned_data["until"])}


class OrderForm(WaivableForm):
    """In which order the changes go that are in each other's way; what is under way goes first."""

    order = forms.ChoiceField(label="Which goes first?", widget=forms.RadioSelect)

    def __init__(self, *args, changes, incident, **kwargs):
        super().__init__(*args, **kwargs)
        self.changes = {str(change.pk): change for change in changes}
        self.fields["order"].choices = [
            (",".join(str(each.pk) for each in order), ", then ".join(self._name(each, incident) for each in order))
            for order in _orders(changes)
        ]

    @property
    def chosen(self):
        return [self.changes[pk] for pk in self.cleaned_data["order"].split(",")]

    @staticmethod
    def _name(change, incident):
        place = "" if change.incident_id == incident.pk else f"{change.incident.key} "
        return f"{place}{change} ({change.owner.name})"


def _orders(changes):
    if len(changes) < 2:
        return []
    every = permutations(changes) if len(changes) <= ALL_ORDERS else _each_first(changes)
    started = ChangeIntent.State.STARTED
    return [
        order
        for order in every
        if not any(after.state == started and before.state != started for before, after in pairwise(order))
    ]


def _each_first(changes):
    return ([each, *(other for other in changes if other != each)] for each in changes)
