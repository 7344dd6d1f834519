"""Writing a draft: nothing is required until it is said, and another's words are never written over unseen."""

from django import forms

from ..models import UpdateDraft
from ..models.updates import PARTS
from .acts import ActForm, OnceKey, Reason, WaivableForm
from .updates import A_DAY, NewsForm, Promises, WithParts, promise_words

SAVE, PROPOSE, PUBLISH = "save", "propose", "publish"


class VersionForm(ActForm):
    """The version that somebody has read."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class HoldingForm(WaivableForm):
    key = OnceKey()


class DraftForm(Promises, WithParts, NewsForm):
    """The fields are the audience's `PARTS`; `version` is the draft that the writer has read, 0 without one, and
    `after` the last update that they could have read. `typed` stands below what its first part says already."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    after = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = OnceKey()

    def __init__(self, data=None, *, drafting, typed="", prefix=None):
        self.drafting = drafting
        self.parts = PARTS[drafting.audience]
        draft = drafting.draft
        began = {
            "version": draft.version if draft else 0,
            "after": drafting.last.number if drafting.last else 0,
            "no_change": draft.no_change if draft else "",
            "next_minutes": (draft and draft.next_minutes) or drafting.minutes,
            **drafting.beginning,
        }
        if typed:
            first = self.parts[0].name
            began[first] = f"{draft.body.get(first, '')}\n{typed}".strip() if draft else typed
        super().__init__(data, initial=began, prefix=prefix)
        self.add_parts()
        if drafting.last or began["no_change"]:
            self.fields["no_change"] = Reason(
                label="Nothing has changed, because", help_text="Only then. The audience reads it above the text."
            )
        for part in self.parts:
            self.fields[part.name].required, self.fields[part.name].wanted = False, part.required
        if drafting.incident.is_open:
            self.fields["next_minutes"] = forms.IntegerField(
                label="Next update in",
                help_text=promise_words(drafting),
                min_value=1,
                max_value=A_DAY,
                required=False,
            )
            self.fields["next_minutes"].wanted = drafting.minutes is not None

    def clean(self):
        if self.data.get("act") != SAVE and not (self.no_change and not self.body):
            self.tell_problems(self.drafting.audience)
        if self.data.get("act") == PUBLISH:
            self._want_promise()
            if not self.errors:
                self._tell_of_newer_update()
        return self.cleaned_data

    @property
    def no_change(self):
        """Why nothing has changed, as far as it is written."""
        return (self["no_change"].value() or "").strip() if "no_change" in self.fields else ""

    def act(self, incident, *, by):
        """Keep the text, and then what the button says. Returns the entry."""
        draft, entry = UpdateDraft.keep(
            incident,
            self.drafting.audience,
            self.body,
            by=by,
            version=self.cleaned_data["version"] or 0,
            no_change=self.no_change,
            next_minutes=self.cleaned_data.get("next_minutes"),
            key=self.cleaned_data["key"] if self.data.get("act") == PUBLISH else None,
        )
        if self.data.get("act") == PUBLISH:
            return draft.publish(by=by, waiver=self.cleaned_data["waiver"], key=self.cleaned_data["key"])
        if self.data.get("act") == PROPOSE:
            return draft.propose(by=by)
        return entry

    def refuse(self, refused):
        super().refuse(refused)
        if refused.code == "stale_draft":
            # Both texts are on the page now: saving again is a decision.
            self.data = self.data.copy()
            self.data["version"] = self.drafting.draft.version if self.drafting.draft else 0

    def _want_promise(self):
        """Who has a clock is promised a time."""
        wanted = "next_minutes" in self.fields and self.drafting.minutes is not None
        if wanted and "next_minutes" not in self.errors and not self.cleaned_data.get("next_minutes"):
            self.add_error("next_minutes", "Say when they hear the next.")

    def _tell_of_newer_update(self):
        """Somebody told the same audience meanwhile: say so once, keep the text, and let the writer decide."""
        last, key = self.drafting.last, self.cleaned_data.get("key")
        if last is None or last.number <= (self.cleaned_data.get("after") or 0) or (key and last.key == key):
            return
        self.data = self.data.copy()
        self.data["after"] = last.number
        who = last.published_by.name if last.published_by else "Somebody"
        raise forms.ValidationError(
            f"{who} published update {last.number} to this audience while you were writing. Read it, then send "
            "yours if it is still right.",
            code="newer_update",
        )
