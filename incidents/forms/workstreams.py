"""Opening a line of work, saying how it goes, and letting somebody write there for a while."""

from django import forms

from teams.models import Function, Membership, Service, TechnicalDomain

from ..models import Workstream
from .acts import ActForm, Prose, WaivableForm
from .record import Moment


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


class ComponentField(forms.ModelChoiceField):
    """A service, and who works on it already: what is done twice is seen before it starts."""

    def __init__(self, **kwargs):
        super().__init__(None, required=False, empty_label="None in particular", **kwargs)
        self.at_work = {}

    def offer(self, streams):
        self.queryset = Service.objects.in_order()
        self.at_work = {stream.component_id: stream for stream in reversed(streams) if stream.component_id}

    def label_from_instance(self, service):
        stream = self.at_work.get(service.pk)
        if stream is None:
            return str(service)
        return f"{service}: “{stream}” works on it, {stream.owner.name if stream.owner else 'owned by nobody'}"


class WorkstreamsField(forms.ModelMultipleChoiceField):
    """Workstreams of one incident that the viewer may know of."""

    def __init__(self, **kwargs):
        super().__init__(None, required=False, widget=forms.CheckboxSelectMultiple, **kwargs)


class OpeningForm(WaivableForm):
    """The keywords of `Workstream.open`."""

    title = forms.CharField(max_length=120, help_text="For example: Roll back the gateway")
    goal = forms.CharField(max_length=300, required=False, help_text="When is it done?")
    kind = forms.ChoiceField(choices=Workstream.Kind, initial=Workstream.Kind.OTHER, required=False)
    domain = forms.ModelChoiceField(None, required=False, empty_label="None in particular")
    component = ComponentField(label="Works on")
    owner = forms.ModelChoiceField(None, required=False, empty_label="Nobody yet")
    blocked_by = WorkstreamsField(label="Waits for")

    def __init__(self, *args, incident, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        streams = incident.workstreams.active().visible_to(viewer).with_people().in_order()
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()
        self.fields["owner"].queryset = responders()
        self.fields["component"].offer(list(streams))
        self.fields["blocked_by"].queryset = streams.filter(position__gt=1)

    def clean_kind(self):
        return self.cleaned_data["kind"] or Workstream.Kind.OTHER


class ChangeForm(ActForm):
    """The keywords of `Workstream.change`."""

    fields_of_rules = {
        "dependency_cycle": "blocked_by",
        "planning_right": "blocked_by",
        "both_restricted": "blocked_by",
    }

    title = forms.CharField(max_length=120)
    state = forms.ChoiceField(choices=Workstream.State, widget=forms.RadioSelect)
    goal = forms.CharField(max_length=300, required=False, help_text="When is it done?")
    owner = forms.ModelChoiceField(None, required=False, empty_label="Nobody yet")
    next_word_at = Moment(label="Next word by", required=False)
    blocked_by = WorkstreamsField(label="Waits for")

    def __init__(self, *args, workstream, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        others = workstream.incident.workstreams.visible_to(viewer).filter(position__gt=1).exclude(pk=workstream.pk)
        waited_for = list(workstream.waits_for.live().visible_to(viewer).values_list("blocking", flat=True))
        self.fields["owner"].queryset = responders()
        self.fields["blocked_by"].queryset = (others.active() | others.filter(pk__in=waited_for)).in_order()
        self.fields["blocked_by"].initial = waited_for


class SyncForm(WaivableForm):
    """The keywords of `SyncPoint.call`."""

    fields_of_rules = {"in_the_past": "starts_at", "both_restricted": "streams", "not_a_reader": "attendees"}

    title = forms.CharField(max_length=120, help_text="For example: Order the changes")
    purpose = forms.CharField(max_length=300, required=False, help_text="What has to be clear afterwards?")
    starts_at = Moment(label="When")
    streams = WorkstreamsField(label="About", help_text="Their owners are asked to come.")
    attendees = forms.ModelMultipleChoiceField(None, label="Who else", required=False)

    def __init__(self, *args, incident, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["streams"].queryset = incident.workstreams.active().visible_to(viewer).in_order()
        self.fields["attendees"].queryset = responders()


class OutcomeForm(ActForm):
    outcome = Prose(
        label="What came of it",
        max_length=2000,
        rows=3,
        error_messages={"required": "Say what came of it."},
    )


class ExceptionForm(ActForm):
    """The keywords of `StreamException.grant`."""

    membership = forms.ModelChoiceField(None, label="Who", empty_label="Choose a member")
    minutes = forms.TypedChoiceField(
        label="For how long",
        choices=[("15", "15 min"), ("30", "30 min"), ("60", "1 hour"), ("120", "2 hours")],
        coerce=int,
        initial="30",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["membership"].queryset = responders()
