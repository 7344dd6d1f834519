"""Opening a line of work, and saying how it goes."""

from django import forms

from teams.models import Function, Membership, TechnicalDomain

from ..models import Workstream
from .acts import ActForm


def responders():
    """Who can own a workstream."""
    return Membership.objects.active().exclude(role=Membership.Role.STAKEHOLDER).select_related("person").in_order()


class ReadersForm(ActForm):
    """For whom a workstream is: everybody on the incident, or some."""

    restricted = forms.BooleanField(
        label="Only for some people",
        help_text="Everybody else who works on the incident sees nothing of it, not even its name.",
        required=False,
    )
    functions = forms.ModelMultipleChoiceField(None, required=False, widget=forms.CheckboxSelectMultiple)
    members = forms.ModelMultipleChoiceField(None, required=False, help_text="Beside its owner and you.")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["functions"].queryset = Function.objects.in_order()
        self.fields["members"].queryset = responders()


class OpeningForm(ActForm):
    title = forms.CharField(max_length=120, help_text="For example: Roll back the gateway")
    domain = forms.ModelChoiceField(None, required=False, empty_label="None in particular")
    owner = forms.ModelChoiceField(None, required=False, empty_label="Nobody yet")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()
        self.fields["owner"].queryset = responders()


class ChangeForm(ActForm):
    title = forms.CharField(max_length=120)
    state = forms.ChoiceField(choices=Workstream.State, widget=forms.RadioSelect)
    owner = forms.ModelChoiceField(None, required=False, empty_label="Nobody yet")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = responders()
