"""Findings: what was found, and what is said to it."""

from django import forms

from teams.models import TechnicalDomain

from ..models.findings import Confidence
from .acts import ActForm, FewLines, OnceKey, Prose, Reason, WaivableForm
from .reasons import WaivableReasonForm

LINES = ("condition", "actions", "needs", "meaning")


class FoundForm(ActForm):
    """What was found: the lines of a report, and how sure it is."""

    condition = Prose(
        label="Condition",
        help_text="What is. For example: 5.1 is healthy on the canary",
        rows=2,
        max_length=2000,
        error_messages={"required": "Say what you found."},
    )
    actions = Prose(label="Actions", help_text="What was done", rows=2, max_length=2000, required=False)
    needs = Prose(label="Needs", help_text="What you need from the lead", rows=2, max_length=2000, required=False)
    meaning = Prose(label="Meaning", help_text="What follows from it", rows=2, max_length=2000, required=False)
    confidence = forms.ChoiceField(choices=Confidence, initial=Confidence.MEDIUM, widget=forms.RadioSelect)
    key = OnceKey()


class FindingForm(FoundForm):
    """The keywords of `Finding.post`."""

    needs_action = forms.BooleanField(label="Somebody has to act on it now", required=False)
    workstream = forms.ModelChoiceField(None, required=False, empty_label="None in particular")
    domain = forms.ModelChoiceField(None, required=False, empty_label="That of the workstream")
    evidence = forms.URLField(
        label="Evidence",
        help_text="A link to a graph, a log or a ticket",
        max_length=500,
        required=False,
        assume_scheme="https",
    )

    def __init__(self, *args, workstreams, message=None, **kwargs):
        super().__init__(*args, **kwargs)
        if message:
            # It belongs where the message stands.
            del self.fields["workstream"]
        else:
            self.fields["workstream"].queryset = workstreams
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()


class CorrectionForm(FoundForm):
    """The keywords of `Finding.correct`; it starts as the finding was."""

    fields_of_rules = {"empty": "condition"}

    condition = Prose(
        label="Condition", help_text="What is, as you know it now", rows=2, max_length=2000, required=False
    )
    reason = Reason(label="Corrected, because")

    def __init__(self, data=None, *, finding):
        super().__init__(data, initial={name: getattr(finding, name) for name in (*LINES, "confidence")})


class MoreForm(WaivableForm):
    """The keywords of `Finding.ask_for_more`."""

    fields_of_rules = {"reason_required": "text"}

    text = FewLines(label="What do you want to know", help_text="Whoever raised it is told, and reminded.")


class ReplyForm(ActForm):
    """The keywords of `Finding.reply`."""

    fields_of_rules = {"reason_required": "text"}

    text = FewLines(label="Your reply", help_text="The lead is asked to hear the finding again.")


class SettingAsideForm(WaivableReasonForm):
    """The keywords of `Finding.set_aside`."""

    reason = Reason(label="Set aside, because")
