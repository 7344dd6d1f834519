"""Declaring: a title is enough, everything else has a default and can be corrected later."""

from django import forms

from playbooks.models import Criticality, IncidentType, Scope, Severity
from teams.models import Service

from ..models import Alert
from .acts import ActForm, OnceKey, OneLine, Prose


class SeverityField(forms.ModelChoiceField):
    """A severity with what it means."""

    widget = forms.RadioSelect

    def __init__(self, **kwargs):
        super().__init__(queryset=Severity.objects.none(), empty_label=None, to_field_name="slug", **kwargs)

    def label_from_instance(self, severity):
        return f"{severity.name}, {severity.description}" if severity.description else severity.name

    def offer(self):
        self.queryset = Severity.objects.worst_first()


class PresetSeverityField(SeverityField):
    """What is not said is the organisation's preset."""

    def offer(self):
        super().offer()
        self.initial = Severity.preset_or_mildest()

    def clean(self, value):
        return super().clean(value) if value else self.initial


class PresetChoiceField(forms.ChoiceField):
    """What is not said is not known yet, which comes first."""

    def __init__(self, *, choices, unknown, **kwargs):
        known = [each for each in choices.choices if each[0] != unknown]
        super().__init__(choices=[(unknown, "Not sure yet"), *known], initial=unknown, **kwargs)

    def clean(self, value):
        return super().clean(value or self.initial)


class DeclareForm(ActForm):
    """The keywords of `mobilization.declare`."""

    title = OneLine(
        label="What is happening?",
        help_text="One line, for example: card payments fail in Europe.",
        max_length=200,
    )
    severity = PresetSeverityField(
        label="How bad is it?", help_text="A guess will do. The lead judges it again in the first five minutes."
    )
    scope = PresetChoiceField(label="How many customers are affected?", choices=Scope, unknown=Scope.UNKNOWN)
    criticality = PresetChoiceField(
        label="How critical is what is broken?", choices=Criticality, unknown=Criticality.UNKNOWN
    )
    incident_type = forms.ModelChoiceField(
        label="Type",
        help_text="Decides which playbook is used and who is needed.",
        queryset=IncidentType.objects.none(),
        to_field_name="slug",
        empty_label="Guess it from the title",
        required=False,
    )
    services = forms.ModelMultipleChoiceField(
        label="Affected services",
        queryset=Service.objects.none(),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    summary = Prose(
        label="What is known so far",
        required=False,
        max_length=5000,
        rows=3,
    )
    drill = forms.BooleanField(
        label="This is a drill",
        help_text="The same room with a banner. Only the people who take part are told.",
        required=False,
    )
    private = forms.BooleanField(
        label="Keep it private",
        help_text="Only people who are on it, and administrators, can see it.",
        required=False,
    )
    alert = forms.ModelChoiceField(queryset=Alert.objects.none(), widget=forms.HiddenInput, required=False)
    key = OnceKey()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["severity"].offer()
        self.fields["incident_type"].queryset = IncidentType.objects.in_order()
        self.fields["services"].queryset = Service.objects.in_order()
        self.fields["alert"].queryset = Alert.objects.select_related("integration")

    @property
    def shown_alert(self):
        """The alert that the incident is declared from, or None."""
        return self.cleaned_data.get("alert") if self.is_bound else self.initial.get("alert")

    @property
    def says_more(self):
        """Whether something in the part that starts out folded is filled in or wrong."""
        return any(self[name].errors or self[name].value() for name in ("incident_type", "services", "summary"))


def said_by(alert):
    """What an alert already says about the incident that may be declared from it, as the form's initial values."""
    reading = alert.integration.reading_of(alert.labels)
    return {"title": alert.title, "alert": alert, **{name: said for name, said in reading.items() if said}}
