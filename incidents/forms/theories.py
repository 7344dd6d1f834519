"""Theories, what shows them, and what was tried."""

from django import forms

from teams.models import Service, TechnicalDomain

from ..models.hypotheses import FixState, HypothesisState
from .acts import ActForm, OneLine, Prose, Reason, WaivableForm
from .workstreams import responders


class HypothesisForm(WaivableForm):
    """The keywords of `Hypothesis.propose`."""

    statement = OneLine(
        label="What may be the cause?",
        help_text="One line, for example: the connection pool is too small.",
        max_length=300,
    )
    component = forms.ModelChoiceField(
        label="What is suspected",
        queryset=Service.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label="Not known yet",
    )
    domain = forms.ModelChoiceField(None, label="Technical domain", required=False, empty_label="None in particular")
    owner = forms.ModelChoiceField(None, label="Who looks into it", required=False, empty_label="Nobody yet")
    workstream = forms.ModelChoiceField(None, label="Workstream", required=False, empty_label="None in particular")

    def __init__(self, *args, incident, member, message=None, **kwargs):
        super().__init__(*args, **kwargs)
        if message:
            # It belongs where the message stands.
            del self.fields["workstream"]
        else:
            self.fields["workstream"].queryset = incident.workstreams.visible_to(member).in_order()
        self.fields["component"].queryset = Service.objects.in_order()
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()
        self.fields["owner"].queryset = responders()


class EvidenceForm(ActForm):
    """The keywords of `Hypothesis.add_evidence`."""

    fields_of_rules = {"evidence_required": "text"}

    text = Prose(label="What was seen", max_length=2000, rows=3)
    url = forms.URLField(label="Where", max_length=500, required=False, assume_scheme="https")
    supports = forms.TypedChoiceField(
        label="It speaks",
        choices=[("yes", "for the theory"), ("no", "against it")],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
    )


class StateForm(ActForm):
    """What a theory comes to. Deciding it takes evidence, given here or before."""

    fields_of_rules = {"evidence_required": "text"}

    state = forms.ChoiceField(label="It is", choices=HypothesisState, widget=forms.HiddenInput)
    text = Prose(
        label="What shows it",
        help_text="Empty where the evidence is there already.",
        required=False,
        max_length=2000,
        rows=3,
    )
    url = forms.URLField(label="Where", max_length=500, required=False, assume_scheme="https")


class FixForm(ActForm):
    """The keywords of `FixAttempt.start`."""

    what = OneLine(
        label="What do you try?",
        help_text="One line, for example: raise the acquire timeout to two seconds.",
        max_length=300,
    )
    hypothesis = forms.ModelChoiceField(None, label="Against which theory", required=False, empty_label="None")
    change = forms.ModelChoiceField(None, label="Under which change", required=False, empty_label="None")

    def __init__(self, *args, incident, member, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["hypothesis"].queryset = incident.hypotheses.visible_to(member).in_order()
        self.fields["change"].queryset = incident.changes.visible_to(member).live().in_order()


class FixResultForm(ActForm):
    """The keywords of `FixAttempt.finish`."""

    state = forms.ChoiceField(label="Did it help?", widget=forms.RadioSelect)
    result = Reason(label="What became of it", help_text="One line for the timeline.")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [(state, state.label) for state in FixState if state != FixState.STARTED]
