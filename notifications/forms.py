"""Forms of this app."""

from django import forms

from playbooks.models import Audience, IncidentType, Severity
from teams.models import Service

from . import situations
from .models.routing import RoutedEvent


class DryRunForm(forms.Form):
    """What might happen; `situation()` is that, as the routing rules would see it."""

    event = forms.ChoiceField(choices=RoutedEvent, label="What happens")
    severity = forms.ModelChoiceField(None, to_field_name="slug", empty_label=None)
    incident_type = forms.ModelChoiceField(
        None, to_field_name="slug", required=False, empty_label="No type", label="Type"
    )
    service = forms.ModelChoiceField(None, to_field_name="slug", required=False, empty_label="No service")
    audience = forms.ChoiceField(choices=[("", "Not an update"), *Audience.choices], required=False, label="Update to")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["severity"].queryset = Severity.objects.worst_first()
        self.fields["incident_type"].queryset = IncidentType.objects.in_order()
        self.fields["service"].queryset = Service.objects.in_order()

    def situation(self):
        asked = self.cleaned_data
        return situations.imagined(
            asked["event"],
            severity=asked["severity"],
            incident_type=asked["incident_type"],
            services=[asked["service"]] if asked["service"] else [],
            audience=asked["audience"],
        )
