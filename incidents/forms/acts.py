"""What every form of an act shares: how a refusal reads, and how a reason lifts a rule in the same form."""

import uuid
from contextlib import contextmanager

from django import forms

from teams.errors import Refused


class Prose(forms.CharField):
    """Text of any number of lines. What is too long is kept and said to be, not cut off by the browser."""

    widget = forms.Textarea

    def __init__(self, *, rows=None, **kwargs):
        if rows:
            kwargs["widget"] = forms.Textarea(attrs={"rows": rows})
        super().__init__(**kwargs)

    def to_python(self, value):
        return with_plain_line_ends(super().to_python(value))

    def widget_attrs(self, widget):
        return {}


def with_plain_line_ends(text):
    """The text as it is stored and counted everywhere else; browsers send two characters for the end of a line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class FewLines(Prose):
    """What somebody says to somebody about one thing. That nothing is said is for the verb to refuse."""

    def __init__(self, **kwargs):
        super().__init__(rows=3, max_length=1000, required=False, **kwargs)


class OneLine(forms.CharField):
    """One line in somebody's own words, which no browser offers again."""

    def __init__(self, **kwargs):
        super().__init__(widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs)


class Reason(OneLine):
    """Why somebody did something: one line, never asked for twice."""

    def __init__(self, *, label="Why", help_text="One line for the timeline.", required=False):
        super().__init__(label=label, help_text=help_text, required=required, max_length=500)


class Thanks(Reason):
    """A word to somebody who is released: one line that they and everybody else reads."""

    def __init__(self):
        super().__init__(
            label="Thanks", help_text="What they did for it. They are told, and it stands on the timeline."
        )


class OnceKey(forms.CharField):
    """Made with the form, so that a double click or a reload is the same act."""

    widget = forms.HiddenInput

    def __init__(self):
        super().__init__(required=False, max_length=64, initial=uuid.uuid4)

    def clean(self, value):
        return super().clean(value) or None


class ActForm(forms.Form):
    """A refusal of the verb belongs to the form: what was typed stays, and the sentence says what to do.

    `fields_of_rules` maps the code of a refusal to the field that can heal it.
    """

    fields_of_rules = {}
    refusal = None

    @contextmanager
    def refusals(self):
        """Keep a refusal of the verb called inside."""
        try:
            yield
        except Refused as refused:
            self.refuse(refused)

    def refuse(self, refused):
        name = self.fields_of_rules.get(refused.code)
        if name:
            self.add_error(name, refused.sentence)
        else:
            self.refusal = refused

    @property
    def status_code(self):
        """409 after a refusal, 422 with something wrong in it, 200 while it is only looked at."""
        if self.refusal:
            return 409
        return 422 if self.errors else 200


class WaivableForm(ActForm):
    """The act breaks a rule that a reason lifts: the form asks for the reason, and only then."""

    waiver = Prose(
        label="Do it anyway, because",
        help_text="Everyone in the incident will read this on the timeline.",
        required=False,
        max_length=500,
        widget=forms.HiddenInput,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(["waiver"])
        if self.data.get("waiver"):
            self._ask_for_reason()

    def refuse(self, refused):
        super().refuse(refused)
        if refused.waivable:
            self._ask_for_reason()

    def _ask_for_reason(self):
        self.fields["waiver"].widget = forms.Textarea(attrs={"rows": 2})
        self.fields["waiver"].required = True
