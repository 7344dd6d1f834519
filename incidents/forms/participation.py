"""How somebody takes part, and how they are asked to and thanked."""

from django import forms

from playbooks.models import RoleDefinition
from teams.models import Function, Membership, Service, Team, TechnicalDomain

from ..models.participants import Capacity
from .acts import ActForm, Reason, Thanks, WaivableForm
from .roles import MemberField

LEAVING = "left"


class ParticipationForm(WaivableForm):
    """`capacity` is how to take part, or `left`; without a `member` (a primary key) it is about oneself.

    `from` says where the form stood.
    """

    capacity = forms.ChoiceField(choices=[*Capacity.choices, (LEAVING, "Left")], widget=forms.HiddenInput)
    member = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


class TeamForm(ActForm):
    """A team that someone wants in the incident: refused as what it is, and offered as followers."""

    capacity = forms.ChoiceField(choices=Capacity, widget=forms.HiddenInput)
    team = forms.ModelChoiceField(queryset=Team.objects.none(), to_field_name="slug")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.in_order()


class InvitationForm(WaivableForm):
    """The keywords of `IncidentInvitation.invite`: a `member` next to a button, or `another` from the list."""

    member = MemberField(widget=forms.HiddenInput, required=False)
    another = MemberField(label="Who", empty_label="Choose a member", required=False)
    function = forms.ModelChoiceField(
        label="For a function",
        queryset=Function.objects.none(),
        to_field_name="slug",
        empty_label="Their own",
        required=False,
        help_text="Without an answer in time, whoever is on call for it is asked next.",
    )
    role = forms.ModelChoiceField(
        label="For a role",
        queryset=RoleDefinition.objects.none(),
        to_field_name="slug",
        empty_label="None in particular",
        required=False,
        help_text="They read it with the invitation; who gets a role is decided on the role board.",
    )
    reason = Reason(help_text="What you need them for. They read it before they answer.")

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = self.fields["another"].queryset = members
        self.fields["function"].queryset = Function.objects.in_order()
        self.fields["role"].queryset = RoleDefinition.objects.in_order()

    def clean(self):
        if not (self.errors or self.cleaned_data.get("member") or self.cleaned_data.get("another")):
            self.add_error("another", "Choose who is invited.")

    @property
    def invited(self):
        return self.cleaned_data["member"] or self.cleaned_data["another"]

    @property
    def wishes(self):
        """The other keywords of the verb."""
        return {name: self.cleaned_data[name] for name in ("function", "role", "reason", "waiver")}


class ExpertiseForm(forms.Form):
    """What somebody has to know; in the query string, so that a search can be passed on."""

    q = forms.CharField(label="Words", required=False, max_length=100)
    service = forms.ModelChoiceField(
        None, label="Service", required=False, to_field_name="slug", empty_label="Any"
    )  # fmt: skip
    domain = forms.ModelChoiceField(
        None, label="Technical domain", required=False, to_field_name="slug", empty_label="Any"
    )
    on_call = forms.BooleanField(label="On call now", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.in_order()
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()

    @property
    def is_asked(self):
        return any(self.cleaned_data.values())


class RefusalForm(ActForm):
    """The keywords of `IncidentInvitation.decline`."""

    reason = Reason(help_text="Whoever invited you reads it.")


class ReleaseForm(ActForm):
    """The keywords of `Participant.leave`, for somebody else."""

    thanks = Thanks()
    reason = Reason()
    follows = forms.BooleanField(label="They go on following and hear what is broadcast", required=False, initial=True)


class RecallForm(WaivableForm):
    """The keywords of `Participant.recall`."""


def invitable(incident):
    """Members who may respond and do not work on it yet."""
    at_work = incident.participants.active().values("membership")
    active = Membership.objects.active().exclude(role=Membership.Role.STAKEHOLDER).exclude(pk__in=at_work)
    return active.with_people().in_order()
