"""What customers see, as Support tells it: reports, symptoms, spikes, digests and the brief for agents."""

from datetime import timedelta

from django import forms
from django.db.models import Q
from django.utils import timezone

from teams.models import Service

from ..models import Incident, SupportReport, Symptom
from ..models.digests import MAX_LENGTH as LONGEST_DIGEST
from ..models.incident import OPEN
from ..models.reports import MAX_LENGTH, MOST_CUSTOMERS
from ..models.support_briefs import MAX_LENGTH as LONGEST_BRIEF
from .acts import ActForm, OnceKey, OneLine, Prose, Reason, WaivableForm
from .reasons import ReasonForm
from .record import Moment, TimedForm

# So many reports are offered to be sorted at once, the newest first.
OFFERED = 50
# Incidents that were resolved this long ago still take reports by the form.
LATELY = timedelta(days=2)


class ReportForm(TimedForm):
    """The keywords of `SupportReport.file`."""

    fields_of_rules = {"empty": "error_text", "in_future": "seen_at", "too_early": "seen_at", "count_range": "count"}

    error_text = Prose(
        label="What does the customer see?",
        rows=3,
        max_length=MAX_LENGTH,
        help_text="In their words, with the error text if there is one.",
        error_messages={"required": "Write what the customer sees."},
    )
    incident = forms.ModelChoiceField(
        None,
        label="Incident",
        to_field_name="number",
        required=False,
        empty_label="None yet, or not known",
    )
    symptom = forms.ModelChoiceField(None, label="Like what others see", required=False, empty_label="Something else")
    feature = forms.CharField(
        label="Feature", help_text="What is broken: card payment.", max_length=120, required=False
    )
    segment = forms.CharField(
        label="Customers", help_text="Who they are: Europe, large accounts.", max_length=80, required=False
    )
    service = forms.ModelChoiceField(
        None, label="Service", to_field_name="slug", required=False, empty_label="Not known"
    )
    source = forms.ChoiceField(label="Where from", choices=SupportReport.Source, initial=SupportReport.Source.TICKET)
    ticket = forms.CharField(label="Ticket", help_text="Its address, or its number.", max_length=500, required=False)
    count = forms.IntegerField(label="How many customers", min_value=1, max_value=MOST_CUSTOMERS, initial=1)
    seen_at = Moment(label="Seen at", required=False)
    key = OnceKey()

    def __init__(self, *args, member, **kwargs):
        super().__init__(*args, **kwargs)
        open_ones = _taking_reports(member)
        self.fields["incident"].queryset = open_ones.latest_first()
        if member.is_responder:
            symptoms = Symptom.objects.current().filter(incident__in=open_ones)
            self.fields["symptom"].queryset = symptoms.select_related("incident").order_by(
                "-incident__number", "number"
            )
        else:
            del self.fields["symptom"]
        self.fields["service"].queryset = Service.objects.in_order()

    def clean(self):
        cleaned = super().clean()
        symptom = cleaned.get("symptom")
        if symptom:
            if cleaned.get("incident") and cleaned["incident"] != symptom.incident:
                self.add_error("symptom", f"{symptom.key} belongs to {symptom.incident.key}.")
            cleaned["incident"] = symptom.incident
        return cleaned


class EchoForm(ActForm):
    """The keywords of `SupportReport.count_one_more`."""

    fields_of_rules = {"counted_already": "ticket"}

    ticket = forms.CharField(label="Ticket", help_text="Its address, or its number.", max_length=500, required=False)


class DeskForm(ActForm):
    """Which of the reports that wait belong to which incident."""

    reports = forms.ModelMultipleChoiceField(
        SupportReport.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose the reports first."},
    )
    incident = forms.ModelChoiceField(
        None,
        label="Which incident is it?",
        to_field_name="number",
        empty_label="Choose",
        error_messages={"required": "Choose the incident."},
    )

    def __init__(self, *args, member, waiting, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["incident"].queryset = _taking_reports(member).latest_first()
        self.fields["reports"].queryset = waiting

    @property
    def offers(self):
        """Whether there is an incident to bring them to."""
        return self.fields["incident"].queryset.exists()


class Chosen(forms.ModelMultipleChoiceField):
    """Some of the reports, each with its first words."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, report):
        where = f", {report.symptom.key}" if report.symptom else ""
        return f"{' '.join(report.error_text.split())[:160]} ({report.customers}{where})"


class SymptomForm(ActForm):
    """The keywords of `Symptom.name`, and of `split`."""

    fields_of_rules = {"empty": "title", "reports_required": "reports"}

    title = OneLine(
        label="What do customers see?",
        help_text="One line, for example: card is declined, the bank says it is fine.",
        max_length=200,
    )
    service = forms.ModelChoiceField(
        None, label="Service", to_field_name="slug", required=False, empty_label="Not known"
    )
    reports = Chosen(SupportReport.objects.none(), label="Reports of it")

    def __init__(self, *args, offered, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.in_order()
        self.fields["reports"].queryset = _newest(offered)


class GatherForm(ActForm):
    """The keywords of `Symptom.gather`."""

    fields_of_rules = {"unchanged": "reports"}

    reports = Chosen(SupportReport.objects.none(), label="Reports of it")

    def __init__(self, *args, offered, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reports"].queryset = _newest(offered)


class SymptomMergeForm(ActForm):
    """The keywords of `Symptom.merge_into`."""

    other = forms.ModelChoiceField(None, label="It is the same as", empty_label="Choose a symptom")

    def __init__(self, *args, symptom, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["other"].queryset = symptom.incident.symptoms.current().exclude(pk=symptom.pk).in_order()


class SpikeForm(WaivableForm):
    """The keywords of `Spike.accept`."""

    incident = forms.ModelChoiceField(
        None, label="What is it about?", to_field_name="number", required=False, empty_label="A new incident"
    )
    title = forms.CharField(
        label="What is happening?", help_text="The title of a new incident.", max_length=200, required=False
    )

    def __init__(self, *args, spike, member, **kwargs):
        super().__init__(*args, **kwargs)
        if spike.incident:
            del self.fields["incident"], self.fields["title"]
        else:
            self.fields["incident"].queryset = Incident.objects.visible_to(member).open().filter(drill=False)


class SpikeDismissalForm(ReasonForm):
    """The keywords of `Spike.dismiss`."""

    reason = Reason(label="Nothing follows from it, because")


class DigestForm(ActForm):
    """The keywords of `SupportDigest.give`."""

    fields_of_rules = {"empty": "text"}

    text = Prose(
        label="What do customers say now?",
        rows=3,
        max_length=LONGEST_DIGEST,
        help_text="The numbers of this moment are kept beside it.",
        error_messages={"required": "Write what customers say now."},
    )
    key = OnceKey()


class BriefForm(TimedForm):
    """The keywords of `SupportBrief.write`."""

    fields_of_rules = {
        "empty": "say", "unchanged": "say", "next_update_past": "next_update_at", "next_update_far": "next_update_at",
    }  # fmt: skip

    say = Prose(
        label="What agents say",
        rows=4,
        max_length=LONGEST_BRIEF,
        error_messages={"required": "Write what agents say."},
    )
    avoid = Prose(label="What they do not say", rows=2, max_length=LONGEST_BRIEF, required=False)
    workaround = Prose(label="What customers can do meanwhile", rows=2, max_length=LONGEST_BRIEF, required=False)
    next_update_at = Moment(label="Agents hear more at", required=False)
    based_on = forms.IntegerField(widget=forms.HiddenInput, required=False)


def _taking_reports(member):
    """The incidents that reports are offered to: what is open, and what was lately."""
    lately = Q(status=Incident.Status.RESOLVED, resolved_at__gte=timezone.now() - LATELY)
    return Incident.objects.visible_to(member).filter(Q(status__in=OPEN) | lately)


def _newest(reports):
    """The newest of them; a form that names older ones is told that they are no choice."""
    newest = list(reports.order_by("-pk").values_list("pk", flat=True)[:OFFERED])
    return SupportReport.objects.filter(pk__in=newest).select_related("symptom").latest_first()
