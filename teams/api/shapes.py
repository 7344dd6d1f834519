"""What bodies and answers are made of: strict serializers, and fields that name things the way people do.

People are named by e-mail, things by slug, moments in RFC 3339. A body with a field nobody knows is refused, so a
misspelt name is never silently ignored.
"""

import re
import unicodedata

from rest_framework import serializers
from rest_framework.fields import empty

from ..models import Membership

# Everything in the control blocks but tab and newline; text that hides or moves other text is not a message.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BREAKS = re.compile("[\t\n\u2028\u2029]")
LARGEST_ID = 2**63 - 1


class Answer(serializers.Serializer):
    """Something a program reads."""


class Body(serializers.Serializer):
    """Something a program sends; every name in it must be known."""

    def to_internal_value(self, data):
        known = super().to_internal_value(data)
        strangers = [name for name in data if name not in self.fields]
        if strangers:
            raise serializers.ValidationError({str(name): ["There is no such field."] for name in strangers})
        return known


class Query(serializers.Serializer):
    """Parameters of an address; names that mean nothing here are left alone."""


class Text(serializers.CharField):
    """Words people read: composed characters, line breaks as one newline, no control characters."""

    default_error_messages = {"controls": "Control characters are not accepted."}

    def to_internal_value(self, data):
        text = super().to_internal_value(data).replace("\r\n", "\n")
        if CONTROLS.search(text):
            self.fail("controls")
        return unicodedata.normalize("NFC", text)


class Line(Text):
    """Text of one line."""

    default_error_messages = {"breaks": "Write one line."}

    def to_internal_value(self, data):
        text = super().to_internal_value(data)
        return self.fail("breaks") if BREAKS.search(text) else text


class Waiver(Text):
    """Why an act goes through although a rule speaks against it."""

    def __init__(self):
        super().__init__(
            required=False,
            allow_blank=True,
            max_length=1000,
            help_text="A reason that lifts a rule which was refused with `waivable: true`.",
        )


class Reason(Text):
    def __init__(self, **kwargs):
        super().__init__(**{"required": False, "allow_blank": True, "max_length": 1000, **kwargs})


class Lookup:
    """A field whose text names a row. The text is judged as text first; then the row is looked for."""

    default_error_messages = {"missing": "There is nothing with this name."}

    def run_validation(self, data=empty):
        named = super().run_validation(data)
        return None if named is None else self.find(named) or self.fail("missing")


class Person(Lookup, serializers.EmailField):
    """A member of the organisation, by e-mail."""

    default_error_messages = {"missing": "No member of the organisation has this address."}

    def find(self, email):
        return Membership.objects.by_email(email).with_people().first()

    def to_representation(self, member):
        return member.email


class People(serializers.ListField):
    """Several members, by e-mail; each once."""

    child = Person()

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 100, **kwargs})

    def to_internal_value(self, data):
        return list({member.pk: member for member in super().to_internal_value(data)}.values())


class Named(Lookup, serializers.CharField):
    """One row of a catalogue, by slug; programs that cannot write hyphens may write underscores."""

    def __init__(self, model, **kwargs):
        self.model = model
        super().__init__(**{"max_length": 60, **kwargs})

    def find(self, slug):
        found = {row.slug: row for row in self.model.objects.filter(slug__in={slug, slug.replace("_", "-")})}
        return found.get(slug) or next(iter(found.values()), None)

    def to_representation(self, row):
        return row.slug


class ManyNamed(serializers.ListField):
    """Several rows of a catalogue, by slug, in the order given; each once."""

    child = serializers.CharField(max_length=60)

    def __init__(self, model, **kwargs):
        self.model = model
        super().__init__(**{"max_length": 100, **kwargs})

    def to_internal_value(self, data):
        slugs = list(dict.fromkeys(super().to_internal_value(data)))
        found = {row.slug: row for row in self.model.objects.filter(slug__in=slugs)}
        if missing := [position for position, slug in enumerate(slugs) if slug not in found]:
            sentence = Lookup.default_error_messages["missing"]
            raise serializers.ValidationError({position: [sentence] for position in missing})
        return [found[slug] for slug in slugs]

    def to_representation(self, rows):
        return [row.slug for row in rows]


class CommaSeparated(serializers.CharField):
    """`a,b,c` in an address, as a list; with `choices`, only those."""

    default_error_messages = {"unknown": "Choose from: {choices}."}

    def __init__(self, choices=None, **kwargs):
        self.choices = choices
        super().__init__(**kwargs)

    def to_internal_value(self, data):
        words = [word.strip() for word in super().to_internal_value(data).split(",") if word.strip()]
        if self.choices and not set(words) <= set(self.choices):
            self.fail("unknown", choices=", ".join(self.choices))
        return words
