"""Hats and functions: who wears them, and how far they have come."""

from django import forms

from teams.models import Membership, TechnicalDomain

from ..models import FunctionActivation
from .acts import ActForm, Prose, Reason, Thanks, WaivableForm
from .reasons import ReasonForm


class MemberField(forms.ModelChoiceField):
    """A member who may respond, by name."""

    def __init__(self, **kwargs):
        super().__init__(queryset=Membership.objects.none(), **kwargs)

    def label_from_instance(self, member):
        return f"{member.name}, {member.function}" if member.function else member.name


class RoleForm(WaivableForm):
    """To whom the hat goes: a `member` next to a button, `another` from the list, or else whoever asks."""

    member = MemberField(widget=forms.HiddenInput, required=False)
    another = MemberField(label="Somebody else", empty_label="Choose a member", required=False)
    listed = forms.BooleanField(widget=forms.HiddenInput, required=False)
    offered = forms.BooleanField(widget=forms.HiddenInput, required=False)
    holder = forms.IntegerField(widget=forms.HiddenInput, required=False)
    of_domain = forms.ModelChoiceField(
        label="For which domain?",
        queryset=TechnicalDomain.objects.none(),
        to_field_name="slug",
        empty_label="Choose a domain",
    )

    def __init__(self, *args, candidates, asker, definition, domain=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.asker, self._domain = asker, domain
        self.fields["member"].queryset = self.fields["another"].queryset = candidates
        if definition.per_domain and domain is None:
            self.fields["of_domain"].queryset = TechnicalDomain.objects.in_order()
        else:
            del self.fields["of_domain"]

    def clean(self):
        if (self.cleaned_data.get("listed") or self.cleaned_data.get("offered")) and not self.cleaned_data.get(
            "another"
        ):
            self.add_error("another", "Choose who gets the role.")

    @property
    def receiver(self):
        return self.cleaned_data["member"] or self.cleaned_data["another"] or self.asker

    @property
    def domain(self):
        """The domain that the address named, or else the one that was chosen; None where the role has none."""
        return self._domain or self.cleaned_data.get("of_domain")

    @property
    def takes_vacant(self):
        """Whether the asker takes a hat that nobody wore when the form was drawn."""
        return self.receiver == self.asker and not self.cleaned_data["holder"]


class AnswerForm(WaivableForm):
    """Whether somebody who was asked has it; the keywords of `RoleAssignment.accept` and `decline`."""

    answer = forms.ChoiceField(choices=[("yes", "I have it"), ("no", "I cannot")], widget=forms.HiddenInput)
    reason = Reason(label="If you cannot: why", help_text="One line for whoever leads.")


class SeizureForm(ReasonForm):
    """The keywords of `RoleAssignment.seize`."""

    reason = Reason(label="Why you take it", help_text="Everyone in the incident will read this on the timeline.")


class HandoverForm(WaivableForm):
    """The keywords of `Handover.begin`."""

    to = MemberField(label="To whom", empty_label="Choose a member")
    situation = Prose(label="Situation", required=False, max_length=4000, rows=4)
    objectives = Prose(label="What we want next", required=False, max_length=4000, rows=3)

    def __init__(self, *args, candidates, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = candidates


class HandoverAnswerForm(WaivableForm):
    """What becomes of an open hand-over: `acknowledge`, `decline` or `withdraw`."""

    answer = forms.ChoiceField(
        choices=[("acknowledge", "I have it"), ("decline", "I cannot"), ("withdraw", "Withdraw")],
        widget=forms.HiddenInput,
    )


class FunctionForm(ActForm):
    """The keywords of `FunctionActivation.change`."""

    fields_of_rules = {"reason_required": "reason"}

    state = forms.ChoiceField(choices=FunctionActivation.State, widget=forms.HiddenInput)
    reason = Reason(help_text="One line for the timeline; needed where a function is waived.")
    release = forms.BooleanField(label="Release its people too; who holds a role stays", required=False)
    follows = forms.BooleanField(label="They go on following", required=False, initial=True)
    thanks = Thanks()
