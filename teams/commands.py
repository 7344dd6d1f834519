"""What the commands about people share: reading their arguments, and saying in one line what is wrong with them."""

import argparse

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from .accounts import validate_plain_words
from .errors import Refused
from .models import Function, Membership, Organization, Person, TechnicalDomain
from .models.organization import validate_slug
from .phones import validate_phone


class PlainCommand(BaseCommand):
    """Says what is wrong in one line on standard error, and exits non-zero."""

    def create_parser(self, *args, **kwargs):
        parser = super().create_parser(*args, **kwargs)
        in_one_line = parser.error

        def error(message):
            if not parser.called_from_command_line:
                in_one_line(message)
            parser.exit(2, f"Error: {message}\n")

        parser.error = error
        return parser

    def execute(self, *args, **options):
        try:
            return super().execute(*args, **options)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from None
        except ValidationError as wrong:
            raise CommandError(" ".join(wrong.messages)) from None


def _checked(text, *validators):
    try:
        for validate in validators:
            validate(text)
    except ValidationError as wrong:
        raise argparse.ArgumentTypeError(" ".join(wrong.messages)) from None
    return text


def email_address(text):
    return _checked(Person.objects.normalize_email(text), validate_email)


def phone(text):
    return _checked(text, validate_phone)


def slug(text):
    return _checked(text, validate_slug)


def password(text):
    return _checked(text, validate_password)


def name(text):
    if not text.strip() or len(text) > 120:
        raise argparse.ArgumentTypeError("A name has 1 to 120 characters.")
    return _checked(text.strip(), validate_plain_words)


def organization(text):
    found = Organization.objects.filter(slug=text).first()
    if found is None:
        raise CommandError(f"There is no organisation {text}.")
    return found


def member(email):
    """The active member with this address, in the active organisation."""
    found = Membership.objects.by_email(email).with_people().first()
    if found is None:
        raise CommandError(f"{email} is not a member.")
    return found


def function(text):
    return _in_catalogue(Function, "function", text)


def domain(text):
    return _in_catalogue(TechnicalDomain, "technical domain", text)


def _in_catalogue(model, word, text):
    found = model.objects.filter(slug=text).first()
    if found is None:
        known = ", ".join(model.objects.in_order().values_list("slug", flat=True))
        raise CommandError(f"There is no {word} {text}. Known: {known}.")
    return found


def found_person(email, *, password=None, name=""):
    """`(person, created)`: who owns the address, or somebody new who does. The operator's word confirms it.

    Somebody who merely claims the address has no part in this: a stranger may have signed up with it.
    """
    person = Person.objects.confirmed(email)
    if person:
        return person, False
    person = Person.objects.create_user(email, password, name=name)
    person.confirm_email()
    return person, True
