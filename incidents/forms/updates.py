"""Writing an update: the fields of its audience, the next promise, and nothing that could publish it twice."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from ..guards.updates import NO_NEWS
from ..models.updates import PARTS, problems_in
from .acts import FewLines, OnceKey, Prose, Reason, WaivableForm, with_plain_line_ends
from .reasons import WaivableReasonForm

A_DAY = 1440


class WithParts:
    """Fields for the parts of an audience's update. The form has `parts`."""

    def add_parts(self):
        for part in self.parts:
            self.fields[part.name] = Prose(
                label=part.label,
                help_text=part.hint,
                required=part.required,
                error_messages={"required": f"{part.label} is required."},
                rows=6 if part.limit > 400 else 2,
            )

    @property
    def written(self):
        """`(bound field, limit in characters)` of the audience's parts, in their order."""
        return [(self[part.name], part.limit) for part in self.parts]

    @property
    def body(self):
        """What is written so far, whether it is fit or not: `{part name: text}`."""
        texts = {part.name: with_plain_line_ends(self[part.name].value() or "").strip() for part in self.parts}
        return {name: text for name, text in texts.items() if text}

    def tell_problems(self, audience):
        for name, problem in problems_in(audience, self.body).items():
            if name not in self.errors:
                self.add_error(name, problem)


class Promises:
    """A form with `next_minutes`, as far as somebody may promise anything."""

    @property
    def next_update_at(self):
        """When the next update is promised for, as far as it can be read; None without a promise."""
        if "next_minutes" not in self.fields:
            return None
        try:
            minutes = self.fields["next_minutes"].clean(self["next_minutes"].value())
        except forms.ValidationError:
            return None
        return timezone.now() + timedelta(minutes=minutes) if minutes else None


class NewsForm(WaivableForm):
    """A form that publishes: where nothing new is on record, a reason in the audience's words does as well."""

    def refuse(self, refused):
        super().refuse(refused)
        if refused.code == NO_NEWS:
            self.fields["waiver"].required = False


class ClockForm(WaivableForm):
    """Another time for the next word, in minutes from now."""

    fields_of_rules = {"reason_required": "reason"}

    minutes = forms.IntegerField(
        label="Next update in", help_text="In minutes, from now.", min_value=1, max_value=A_DAY
    )
    reason = Reason(required=True)

    @property
    def due_at(self):
        return timezone.now() + timedelta(minutes=self.cleaned_data["minutes"])


class CorrectionForm(WithParts, WaivableForm):
    """Starts as the update that was wrong."""

    fields_of_rules = {"reason_required": "reason"}

    reason = Reason(
        label="What was wrong", help_text="The audience reads this above the corrected text.", required=True
    )
    key = OnceKey()

    def __init__(self, data=None, *, update):
        self.update = update
        self.parts = PARTS[update.audience]
        super().__init__(data, initial=update.body)
        self.add_parts()

    def clean(self):
        self.tell_problems(self.update.audience)


class UpdateWithdrawalForm(WaivableReasonForm):
    """The keywords of `StatusUpdate.withdraw`."""

    reason = Reason(help_text="The audience reads this.", required=True)


class StandingForm(WaivableReasonForm):
    """The keywords of `UpdateChallenge.let_stand`."""

    reason = FewLines(
        label="It stands, because", help_text="Whoever challenged it reads this, and it stands on the timeline."
    )


class TouchpointForm(WaivableForm):
    """The keywords of `Touchpoint.write`; a text left as it is says that it is right."""

    fields_of_rules = {"too_long": "text", "empty": "text"}

    text = Prose(label="What stands there", max_length=2000, rows=4)
    key = OnceKey()


def promise_words(drafting):
    if drafting.minutes is None:
        return "In minutes. This audience has no clock at this severity: leave it empty to promise nothing."
    every = f"{drafting.incident.severity.name} asks for one every {drafting.minutes}."
    return f"In minutes, from the moment you publish. {every}"
