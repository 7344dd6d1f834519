"""Settling a gap with a reason."""

from django import forms

from .acts import ActForm, Prose


class GapWaiverForm(ActForm):
    """The keywords of `GuardWaiver.grant`."""

    guard = forms.CharField(max_length=40, widget=forms.HiddenInput)
    subject = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    reason = Prose(
        label="Nothing has to be done about it, because",
        help_text="Everyone in the incident will read this on the timeline.",
        max_length=500,
    )
