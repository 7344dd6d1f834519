"""Asking for a decision, making one, and saying what one would do instead."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from playbooks.models.authority import DECIDED_CLASSES
from teams.models import TechnicalDomain

from .acts import ActForm, OnceKey, Prose, Reason, WaivableForm
from .reasons import WaivableReasonForm

A_WEEK = 10_080
LONGEST_OPTION = 200
OWN_WORDS = ""


class Lines(Prose):
    """One thing a line; empty lines do not count."""

    def __init__(self, **kwargs):
        super().__init__(required=False, rows=3, **kwargs)

    def clean(self, value):
        lines = [" ".join(line.split()) for line in super().clean(value).splitlines() if line.strip()]
        if any(len(line) > 2 * LONGEST_OPTION for line in lines):
            raise forms.ValidationError("A line is too long.")
        return lines


class OptionLines(Lines):
    """Options, each with what speaks against it after a bar."""

    def clean(self, value):
        pairs = [line.partition("|") for line in super().clean(value)]
        return [{"text": text.strip(), "tradeoff": tradeoff.strip()} for text, _, tradeoff in pairs]


class QuestionForm(WaivableForm):
    """The keywords of `Decision.open`."""

    fields_of_rules = {"domain_of_investigation": "domain", "options_required": "options", "options_alike": "options"}

    decision_class = forms.ChoiceField(label="What kind of decision", choices=DECIDED_CLASSES, widget=forms.RadioSelect)
    domain = forms.ModelChoiceField(
        None,
        label="Domain",
        help_text="Only for an investigation: its technical coordinator decides.",
        required=False,
        empty_label="None in particular",
    )
    subject = forms.CharField(label="What has to be decided", max_length=200, help_text="For example: Roll back?")
    options = OptionLines(
        label="Options", help_text="One a line; after a bar what speaks against it: Roll back | Receipts are lost"
    )
    choice = forms.CharField(
        label="Your choice",
        max_length=LONGEST_OPTION,
        required=False,
        help_text="Decides at once where the right is yours, and is a proposal where it is not. Empty: only ask.",
    )
    reason = Reason()
    needed_in = forms.IntegerField(
        label="Needed in",
        help_text="In minutes. Empty: as long as the severity gives it.",
        min_value=1,
        max_value=A_WEEK,
        required=False,
    )
    cost_of_waiting = forms.CharField(label="What waiting costs", max_length=300, required=False)
    commitments_sacrificed = Lines(
        label="What is given up for it", help_text="One a line: launches, promises, other work of these people."
    )
    key = OnceKey()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()

    @property
    def asked(self):
        """What was filled in, as the verb takes it."""
        minutes = self.cleaned_data["needed_in"]
        asked = {name: value for name, value in self.cleaned_data.items() if name != "needed_in"}
        return {**asked, "needed_by": timezone.now() + timedelta(minutes=minutes) if minutes else None}


class Choosing(forms.Form):
    """One of the options, or other words; `chosen` is what the verbs take."""

    option = forms.ChoiceField(label="Choose", widget=forms.RadioSelect, required=False)
    choice = forms.CharField(label="In other words", max_length=LONGEST_OPTION, required=False)

    def __init__(self, *args, decision, **kwargs):
        super().__init__(*args, **kwargs)
        if decision.options:
            options = [(option["key"], _with_tradeoff(option)) for option in decision.options]
            self.fields["option"].choices = [*options, (OWN_WORDS, "Something else")]
        else:
            del self.fields["option"]
            self.fields["choice"].label = "Your choice"

    def clean(self):
        if not self.errors and not self.chosen:
            self.add_error("choice", "Choose one, or say it in your own words.")

    @property
    def chosen(self):
        return self.cleaned_data.get("option") or self.cleaned_data.get("choice", "").strip()


def _with_tradeoff(option):
    return f"{option['text']}: {option['tradeoff']}" if option["tradeoff"] else option["text"]


class ChoiceForm(Choosing, WaivableForm):
    """The keywords of `Decision.decide` and `supersede`."""

    fields_of_rules = {"option_required": "choice"}

    reason = Reason()

    @property
    def made(self):
        return {"choice": self.chosen, "reason": self.cleaned_data["reason"], "waiver": self.cleaned_data["waiver"]}


class InputForm(Choosing, ActForm):
    """The keywords of `Decision.give_input`."""

    text = Reason(help_text="Whoever decides reads it.")

    @property
    def given(self):
        return {"choice": self.chosen, "text": self.cleaned_data["text"]}


class PostponementForm(ActForm):
    """The keywords of `Decision.postpone`."""

    fields_of_rules = {"reason_required": "reason", "not_later": "needed_in"}

    needed_in = forms.IntegerField(label="Needed in", help_text="In minutes from now.", min_value=1, max_value=A_WEEK)
    reason = Reason(label="Why it can wait")

    @property
    def moved(self):
        needed_by = timezone.now() + timedelta(minutes=self.cleaned_data["needed_in"])
        return {"needed_by": needed_by, "reason": self.cleaned_data["reason"]}


class ReversalForm(WaivableReasonForm):
    """The keywords of `Decision.reverse`."""

    reason = Reason(label="Why it is taken back")
