"""Letting a source of alerts in."""

from django import forms

from ..models import Integration


class ConnectionForm(forms.Form):
    kind = forms.ChoiceField(label="Source", choices=Integration.Kind, widget=forms.RadioSelect, initial="alertmanager")
    name = forms.CharField(
        label="Name", max_length=80, required=False, help_text="For example “Prometheus, production”."
    )
    declares = forms.BooleanField(
        label="Its alerts declare incidents",
        required=False,
        help_text="Each group of alerts once. Without this, alerts wait on the home page for somebody.",
    )
