"""An update round: for every audience its own fields, and whether it is told, skipped with a reason, or left alone."""

from django import forms

from ..rounds import Word
from .acts import OnceKey, Reason
from .drafts import DraftForm
from .updates import NewsForm

LEAVE, SEND, SKIP = "leave", "send", "skip"


class RoundForm(NewsForm):
    """`basis` is the version of what we know that the page was drawn with."""

    basis = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = OnceKey()


class RoundPart(DraftForm):
    """One audience's part of the round; its names begin with the audience."""

    choice = forms.ChoiceField(
        label="This time",
        choices=[(LEAVE, "Not now"), (SEND, "Tell them"), (SKIP, "Skip them, because")],
        initial=LEAVE,
    )
    skip = Reason(label="Why they are skipped", help_text="One line for the timeline.")

    def __init__(self, data=None, *, drafting):
        super().__init__(data, drafting=drafting, prefix=drafting.audience.value)
        for name in ("waiver", "key", "version", "after"):
            del self.fields[name]

    def clean(self):
        choice = self.cleaned_data.get("choice")
        if choice == SEND and not (self.no_change and not self.body):
            self.tell_problems(self.drafting.audience)
        if choice == SKIP and not self.cleaned_data.get("skip"):
            self.add_error("skip", "Say why they are skipped.")
        return self.cleaned_data

    @property
    def word(self):
        """What they are told, or None where they are left alone."""
        choice = self.cleaned_data["choice"]
        if choice == LEAVE:
            return None
        return Word(
            self.drafting.audience,
            self.body,
            self.no_change,
            self.cleaned_data.get("next_minutes"),
            self.cleaned_data["skip"] if choice == SKIP else "",
        )
