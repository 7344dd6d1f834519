"""Saying how long it takes, what does not work for whom, what is promised and what comes back first."""

import json

from django import forms

from teams.models import Service, TechnicalDomain

from ..models import BusinessEvent
from ..models.findings import Confidence
from ..models.impacts import BusinessLevel, ImpactLevel
from .acts import ActForm, OnceKey, Prose, Reason, WaivableForm
from .decisions import Lines
from .record import Moment
from .workstreams import responders

LONGEST_WORDS = 120


class EstimateForm(WaivableForm):
    """The keywords of `ResolutionEstimate.give`."""

    fields_of_rules = {
        "range": "latest",
        "past": "latest",
        "too_far": "latest",
        "confidence_required": "confidence",
        "unchanged": "basis",
    }

    unknown = forms.BooleanField(label="Nobody knows yet", required=False)
    earliest = Moment(label="Earliest", required=False)
    latest = Moment(label="Latest", required=False)
    confidence = forms.ChoiceField(
        label="How sure", choices=Confidence, initial=Confidence.LOW, widget=forms.RadioSelect, required=False
    )
    basis = Prose(
        label="What it rests on",
        help_text="For example: the roll-back takes ten minutes a node, two are left.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self):
        asked = super().clean()
        if not asked.get("unknown") and not self.errors and not (asked.get("earliest") and asked.get("latest")):
            self.add_error("latest", "Give both times, or say that nobody knows yet.")
        return asked

    @property
    def given(self):
        known = not self.cleaned_data["unknown"]
        times = {name: self.cleaned_data[name] if known else None for name in ("earliest", "latest")}
        rest = {name: self.cleaned_data[name] for name in ("basis", "waiver")}
        return times | rest | {"confidence": self.cleaned_data["confidence"] if known else ""}


class ImpactForm(ActForm):
    """The keywords of `Impact.propose`."""

    fields_of_rules = {"empty": "feature", "impact_known": "segment", "in_future": "started_at"}

    service = forms.ModelChoiceField(None, label="Service", required=False, empty_label="Something else")
    feature = forms.CharField(
        label="What customers call it",
        help_text="For example: exports, card payments.",
        max_length=LONGEST_WORDS,
        required=False,
    )
    segment = forms.CharField(
        label="For whom",
        help_text="For example: customers in the EU. Empty: all.",
        max_length=LONGEST_WORDS,
        required=False,
    )
    level = forms.ChoiceField(label="How bad for them", choices=ImpactLevel, widget=forms.RadioSelect)
    started_at = Moment(label="Since", required=False)
    note = forms.CharField(label="Note", max_length=300, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.in_order()


class BusinessImpactForm(WaivableForm):
    """The keywords of `BusinessImpact.state`; `based_on` is the version that stands above the form."""

    level = forms.ChoiceField(label="For the business", choices=BusinessLevel, widget=forms.RadioSelect)
    statement = Prose(label="What it means", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    customers_affected = forms.IntegerField(
        label="Customers affected", min_value=0, max_value=2_000_000_000, required=False
    )
    key_accounts = Lines(label="Key accounts among them", help_text="One a line.")
    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args, current=None, **kwargs):
        initial = {"based_on": 0}
        if current:
            initial = {name: getattr(current, name) for name in ("level", "statement", "customers_affected")}
            initial |= {"based_on": current.version, "key_accounts": "\n".join(current.key_accounts)}
        super().__init__(*args, initial=initial, **kwargs)


class CommitmentForm(ActForm):
    """The keywords of `Commitment.propose`."""

    fields_of_rules = {"past": "due_at", "too_far": "due_at", "empty": "text"}

    text = forms.CharField(
        label="What is promised", help_text="For example: exports work again.", max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    to_whom = forms.CharField(label="To whom", help_text="For example: Hooli, all partners.", max_length=LONGEST_WORDS)
    due_at = Moment(label="By when")
    domain = forms.ModelChoiceField(
        None,
        label="Technical domain",
        help_text="Its coordinator is asked whether it can be kept.",
        required=False,
        empty_label="None in particular",
    )
    owner = forms.ModelChoiceField(None, label="Who sees to it", required=False, empty_label="I do")
    key = OnceKey()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["domain"].queryset = TechnicalDomain.objects.in_order()
        self.fields["owner"].queryset = responders()


class OrderForm(WaivableForm):
    """The keywords of `RestorationOrder.set`. Up, down and out rearrange `places` and save nothing."""

    places = forms.JSONField(widget=forms.HiddenInput, required=False)
    service = forms.ModelChoiceField(
        None, label="Add a service", required=False, empty_label="None", to_field_name="slug"
    )
    words = forms.CharField(label="Or something else", max_length=LONGEST_WORDS, required=False)
    reason = Reason(label="Why in this order")
    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args, current=None, **kwargs):
        super().__init__(*args, initial={"based_on": current.version if current else 0}, **kwargs)
        self.services = {service.slug: service for service in Service.objects.in_order()}
        self.fields["service"].queryset = Service.objects.in_order()
        self.current = current
        self.shown = self._kept() if not self.is_bound else self._sent()

    @property
    def rows(self):
        """`(index, words, is first, is last)` of the order as it stands in the form."""
        last = len(self.shown) - 1
        return [(index, self._name(place), index == 0, index == last) for index, place in enumerate(self.shown)]

    @property
    def carried(self):
        """What the hidden field carries: services as `s:slug`, other things as `w:words`."""
        return json.dumps(self.shown)

    def rearranged(self, act):
        """The form as it is after a button: `up:2`, `down:0`, `out:1`, or `add`. It is looked at, not judged."""
        places = self.shown
        word, _, place = act.partition(":")
        index = int(place) if place.isdecimal() and len(place) < 4 else len(places)
        if word == "up" and 0 < index < len(places):
            places[index - 1], places[index] = places[index], places[index - 1]
        elif word == "down" and index < len(places) - 1:
            places[index + 1], places[index] = places[index], places[index + 1]
        elif word == "out" and index < len(places):
            del places[index]
        elif word == "add":
            self._add()
        form = type(self)(current=self.current)
        form.shown = places
        form.initial |= {name: self.data[name] for name in ("reason", "based_on") if name in self.data}
        return form

    def _add(self):
        chosen, words = self.data.get("service", ""), " ".join(self.data.get("words", "").split())[:LONGEST_WORDS]
        added = [f"s:{chosen}"] if chosen in self.services else []
        added += [f"w:{words}"] if words else []
        self.shown += [place for place in added if place not in self.shown]

    @property
    def steps(self):
        """What the verb takes."""
        self._add()
        return [self.services[place[2:]] if place.startswith("s:") else place[2:] for place in self.shown]

    def _kept(self):
        steps = self.current.steps.all() if self.current else ()
        return [f"s:{step.service.slug}" if step.service else f"w:{step.words}" for step in steps]

    def _sent(self):
        """As it came back from the browser, without what makes no sense."""
        try:
            sent = self.fields["places"].clean(self.data.get("places") or "[]")
        except forms.ValidationError:
            return []
        found = sent if isinstance(sent, list) else []
        places = [place[: LONGEST_WORDS + 2] for place in found if isinstance(place, str)]
        return [place for place in places if place.startswith("w:") or place[2:] in self.services]

    def _name(self, place):
        return self.services[place[2:]].name if place.startswith("s:") else place[2:]


class EventForm(forms.Form):
    """The keywords of `BusinessEvent.plan` and `change`."""

    name = forms.CharField(label="Name", max_length=120)
    kind = forms.ChoiceField(label="Kind", choices=BusinessEvent.Kind, widget=forms.RadioSelect)
    starts_at = Moment(label="Begins")
    ends_at = Moment(label="Ends")
    services = forms.ModelMultipleChoiceField(
        None, label="Services it needs", to_field_name="slug", widget=forms.CheckboxSelectMultiple
    )
    note = forms.CharField(label="Note", max_length=500, required=False)

    def __init__(self, *args, event=None, **kwargs):
        known = (
            {name: getattr(event, name) for name in ("name", "kind", "starts_at", "ends_at", "note")} if event else {}
        )
        if event:
            known["services"] = list(event.services.all())
        super().__init__(*args, initial=known, **kwargs)
        self.fields["services"].queryset = Service.objects.in_order()

    def refuse(self, refused):
        where = {
            "window_order": "ends_at",
            "past": "ends_at",
            "too_far": "ends_at",
            "services_required": "services",
        }.get(refused.code)
        self.add_error(where, refused.sentence)
