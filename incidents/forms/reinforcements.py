"""Asking for somebody by name, and what whoever answers for them says."""

from django import forms

from teams.models import Membership

from ..models import Workstream
from ..models.reinforcements import LONGEST_HOURS, MAX_LENGTH
from .acts import ActForm, OnceKey, Prose, Reason, WaivableForm
from .decisions import Lines
from .roles import MemberField


class ReinforcementForm(WaivableForm):
    """The keywords of `ReinforcementRequest.ask`."""

    fields_of_rules = {"empty": "purpose", "hours": "hours"}

    member = MemberField(label="Who", empty_label="Choose a member")
    purpose = Prose(
        label="What you need them for",
        help_text="They and their manager read it.",
        max_length=MAX_LENGTH,
        rows=3,
    )
    hours = forms.IntegerField(
        label="For how long", help_text="In hours.", min_value=1, max_value=LONGEST_HOURS, initial=4
    )
    workstream = forms.ModelChoiceField(
        label="For a workstream", queryset=Workstream.objects.none(), empty_label="None in particular", required=False
    )
    key = OnceKey()

    def __init__(self, *args, members, workstreams, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members
        self.fields["workstream"].queryset = workstreams


class ReinforcementAnswerForm(ActForm):
    """The keywords of `ReinforcementRequest.give_answer`."""

    fields_of_rules = {"reason_required": "reason"}

    answer = forms.ChoiceField(choices=[("yes", "Let them go"), ("no", "Object")], widget=forms.HiddenInput)
    reason = Reason(label="If you object: why", help_text="Whoever decides about it reads it.")
    commitments = Lines(
        label="What would be given up", help_text="One a line: launches, promises, other work of theirs."
    )

    @property
    def given(self):
        fields = self.cleaned_data
        return {"agrees": fields["answer"] == "yes", "reason": fields["reason"], "commitments": fields["commitments"]}


def people_elsewhere(incident, *, asker):
    """Members who may be asked for: they may respond, and neither work on it nor are invited."""
    here = incident.participants.active().values("membership")
    invited = incident.invitations.waiting().values("membership")
    members = Membership.objects.active().exclude(role=Membership.Role.STAKEHOLDER).exclude(pk=asker.pk)
    return members.exclude(pk__in=here).exclude(pk__in=invited).with_people().in_order()
