"""Changing an incident: how bad, how far along, what it is called, who may see it, and how it ends."""

import re

from django import forms

from playbooks.models import Criticality, IncidentType, Scope
from teams.models import Function, Service

from ..models import Incident, Status
from ..models.incident import TRANSITIONS
from .acts import ActForm, OneLine, Prose, Reason, WaivableForm
from .declaring import SeverityField
from .reasons import WaivableReasonForm

# How many open incidents are offered beside a field for a number.
OFFERED = 50
# The next step of an incident's life, which is the one most often wanted.
NEXT = {
    Status.INVESTIGATING: Status.IDENTIFIED,
    Status.IDENTIFIED: Status.MONITORING,
    Status.RESOLVED: Status.CLOSED,
    Status.CLOSED: Status.INVESTIGATING,
    Status.DECLINED: Status.INVESTIGATING,
}
MEANINGS = {
    Status.INVESTIGATING: "The cause is not known yet.",
    Status.IDENTIFIED: "The cause is known and a fix is on its way.",
    Status.MONITORING: "A fix is in place and we watch whether it holds.",
    Status.RESOLVED: "It is over. Every clock stops.",
    Status.CLOSED: "Nothing is left to do. It stays readable.",
    Status.DECLINED: "A false alarm, or nothing that needs an incident.",
}


class IncidentField(forms.CharField):
    """An incident by its number, among those that the member may see; the page offers some open ones."""

    def __init__(self, **kwargs):
        widget = forms.TextInput(attrs={"list": "candidates", "autocomplete": "off"})
        super().__init__(help_text="For example 42 or INC-42.", max_length=20, widget=widget, **kwargs)
        self.among = Incident.objects.none()

    def clean(self, value):
        number = re.fullmatch(r"(?:INC-)?(\d{1,9})", super().clean(value), re.IGNORECASE)
        incident = self.among.filter(number=int(number[1])).first() if number else None
        if incident is None:
            raise forms.ValidationError("There is no incident with this number.")
        return incident


class SeverityForm(WaivableForm):
    """The keywords of `Incident.change_severity`."""

    severity = SeverityField(label="New severity")
    reason = Reason()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["severity"].offer()


class AssessmentForm(WaivableForm):
    """The keywords of `mobilization.assess`."""

    severity = SeverityField(label="How bad is it?")
    scope = forms.ChoiceField(label="How many customers are affected?", choices=Scope, widget=forms.RadioSelect)
    criticality = forms.ChoiceField(
        label="How critical is what is broken?", choices=Criticality, widget=forms.RadioSelect
    )
    functions = forms.ModelMultipleChoiceField(
        label="Ask for these functions too",
        queryset=Function.objects.none(),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["severity"].offer()
        self.fields["functions"].queryset = Function.objects.in_order()

    @property
    def judgement(self):
        return {name: self.cleaned_data[name] for name in ("severity", "scope", "criticality")}


class StatusForm(WaivableForm):
    """The keywords of `Incident.change_status`. Resolving is left out: its own page tells what is still loose."""

    status = forms.ChoiceField(label="New status", widget=forms.RadioSelect)
    reason = Reason()

    def __init__(self, *args, incident, wanted=None, **kwargs):
        super().__init__(*args, **kwargs)
        possible = [each for each in Status if each in TRANSITIONS[incident.status] and each != Status.RESOLVED]
        self.fields["status"].choices = [(status, f"{status.label}: {MEANINGS[status]}") for status in possible]
        self.fields["status"].initial = wanted if wanted in possible else NEXT.get(incident.status)


class ResolutionForm(WaivableReasonForm):
    """The keywords of `Incident.resolve`."""

    reason = Reason(
        label="What ended it", help_text="One line that everyone will read, for example: rolled back to 5.1"
    )


class DetailsForm(ActForm):
    """The keywords of `Incident.change_details`."""

    title = OneLine(label="Title", max_length=200)
    incident_type = forms.ModelChoiceField(
        label="Type",
        help_text="Another type may call for more functions. The playbook stays the one it started with.",
        queryset=IncidentType.objects.none(),
        to_field_name="slug",
        empty_label="None",
        required=False,
    )
    services = forms.ModelMultipleChoiceField(
        label="Affected services",
        queryset=Service.objects.none(),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    summary = Prose(label="What is known", required=False, max_length=5000, rows=5)

    def __init__(self, *args, incident, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial = {
            "title": incident.title,
            "summary": incident.summary,
            "incident_type": incident.incident_type,
            "services": list(incident.services.all()),
        }
        types = self.fields["incident_type"]
        types.queryset = IncidentType.objects.in_order()
        if incident.incident_type:
            types.empty_label, types.required = None, True
        self.fields["services"].queryset = Service.objects.in_order()


class MergeForm(WaivableForm):
    """The keywords of `Incident.merge_into`."""

    other = IncidentField(label="Number of the incident that goes on")
    reason = Reason(label="Why they are the same")

    def __init__(self, *args, incident, membership, **kwargs):
        super().__init__(*args, **kwargs)
        among = Incident.objects.visible_to(membership)
        self.fields["other"].among = among
        self.candidates = among.open().filter(drill=incident.drill).exclude(pk=incident.pk).latest_first()[:OFFERED]


class AttachForm(ActForm):
    """To which incident a waiting alert belongs."""

    incident = IncidentField(label="Number of the incident")

    def __init__(self, *args, membership, **kwargs):
        super().__init__(*args, **kwargs)
        among = Incident.objects.visible_to(membership)
        self.fields["incident"].among = among
        self.candidates = among.open().latest_first()[:OFFERED]


class PrivacyForm(WaivableForm):
    """`private` says what the incident is to be; the other keywords are those of the two verbs."""

    private = forms.TypedChoiceField(
        choices=[("yes", "Private"), ("no", "Visible")], coerce=lambda word: word == "yes", widget=forms.HiddenInput
    )
