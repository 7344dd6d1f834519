"""Saying what we know: seven lines, the findings behind each, and the version that it builds on."""

import re

from django import forms

from ..boards.synthesis import changes_between
from ..models.findings import Confidence
from ..models.synthesis import FIELDS, LIMIT, LINES, LONGEST_DELEGATION, problems_in
from .acts import OnceKey, Prose, WaivableForm, with_plain_line_ends
from .workstreams import responders

LABEL = re.compile(r"[Ff]?([0-9]{1,5})")


class FindingsField(forms.CharField):
    """Findings as people call them, “F12, F14”; cleaned to their rows, as far as the writer may know of them."""

    def __init__(self, **kwargs):
        super().__init__(required=False, max_length=300, **kwargs)
        self.findings = None

    def clean(self, value):
        found = []
        for word in re.split(r"[\s,;]+", super().clean(value).strip()):
            named = LABEL.fullmatch(word)
            if word and not named:
                raise forms.ValidationError(f"“{word}” is no finding. Write them as F12, F14.", code="unknown")
            if named:
                finding = self.findings.filter(number=int(named[1])).first()
                if finding is None:
                    raise forms.ValidationError(f"There is no finding F{int(named[1])}.", code="unknown")
                found.append(finding)
        return found


class SynthesisForm(WaivableForm):
    """It starts as the current version; `raised` is a finding that goes into it, into the line `field`."""

    basis = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    upto = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    confidence = forms.ChoiceField(
        label="How sure is what is expected", choices=[("", "Not said"), *Confidence.choices], required=False
    )
    key = OnceKey()

    def __init__(self, data=None, *, incident, findings, current, raised=None, field="known"):
        self.incident, self.current = incident, current
        self.meanwhile = ()
        super().__init__(data, initial=self._first(incident, current, raised, field))
        for line in LINES:
            self.fields[line.name] = Prose(
                label=line.label,
                help_text=line.hint,
                required=line.name == "known",
                error_messages={"required": "Say what is known, and be it that nothing is."},
                rows=2,
            )
            behind = FindingsField(label=f"Findings behind “{line.label}”", help_text="For example: F12, F14")
            behind.findings = findings
            behind.widget.attrs["autocomplete"] = "off"
            self.fields[f"{line.name}_findings"] = behind

    def clean(self):
        for name, problem in problems_in(self.texts).items():
            if name not in self.errors:
                self.add_error(name, problem)

    @property
    def texts(self):
        return {name: with_plain_line_ends(self[name].value() or "").strip() for name in FIELDS}

    @property
    def said(self):
        """The keywords of `Synthesis.publish`."""
        cleaned = self.cleaned_data
        behind = {name: cleaned[f"{name}_findings"] for name in FIELDS}
        return {
            **self.texts,
            "sources": {name: findings for name, findings in behind.items() if findings},
            **{name: cleaned[name] for name in ("basis", "upto", "confidence", "waiver", "key")},
        }

    @property
    def lines(self):
        """`(text, findings, limit)` of every line, as bound fields."""
        return [(self[line.name], self[f"{line.name}_findings"], LIMIT) for line in LINES]

    def refuse(self, refused):
        """Another version came in between: what it changed is shown, the text stays, and the next try builds on it."""
        super().refuse(refused)
        if refused.code == "stale_basis" and self.current:
            begun = self.incident.syntheses.filter(version=self.cleaned_data["basis"] or 0).first()
            self.meanwhile = changes_between(begun, self.current)
            self.data = self.data.copy()
            self.data["basis"] = self.current.version

    @staticmethod
    def _first(incident, current, raised, field):
        last = incident.findings.latest_first().first()
        first = {"basis": current.version if current else 0, "upto": last.number if last else 0}
        behind = {name: [] for name in FIELDS}
        if current:
            first |= {**current.texts, "confidence": current.confidence}
            for source in current.sources.all():
                if source.finding.is_standing:
                    behind[source.field or FIELDS[0]].append(source.finding.label)
                elif source.finding.corrected_by:
                    behind[source.field or FIELDS[0]].append(source.finding.corrected_by.label)
        else:
            first["known"] = incident.summary
        if raised:
            first[field] = "\n".join(filter(None, (first.get(field, ""), raised.condition)))
            behind[field].append(raised.label)
        named = {f"{name}_findings": ", ".join(dict.fromkeys(labels)) for name, labels in behind.items()}
        return first | named


class DelegationForm(WaivableForm):
    """The keywords of `SynthesisDelegation.give`."""

    fields_of_rules = {"not_visible": "delegate", "responders_only": "delegate"}

    delegate = forms.ModelChoiceField(None, label="To whom", empty_label="Choose somebody")
    minutes = forms.TypedChoiceField(
        label="For how long",
        choices=[("30", "30 min"), ("60", "1 hour"), ("120", "2 hours"), (str(LONGEST_DELEGATION), "8 hours")],
        coerce=int,
        initial="60",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["delegate"].queryset = responders()
