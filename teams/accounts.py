"""Signing up and in: allauth's forms, adapter and backend, with an organisation founded along the way.

People are let in at once and confirm their address later, so signing up cannot answer "this address is taken" without
telling strangers who is here. It never does: an address may be claimed by several people and belongs to the one who
confirmed it. Everybody gets the same answer; the owner of a known address gets a mail that says what happened.
"""

import logging
import unicodedata
from smtplib import SMTPException

from allauth.account import forms
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email
from django import forms as fields
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction

from .founding import found
from .models import Organization, Person
from .models.person import validate_time_zone

logger = logging.getLogger(__name__)

# How many people who only claim an address are asked for a password, or are mailed, beside the one who owns it.
CLAIMS = 2
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def validate_plain_words(text):
    """Refuse characters that are not seen: they break mail headers and reverse what stands beside them."""
    if any(unicodedata.category(character) in INVISIBLE for character in text):
        raise ValidationError("Use letters, digits and signs that can be seen.")


class NameField(fields.CharField):
    """What a person or an organisation is called, in any script, in one normal form."""

    default_validators = [validate_plain_words]

    def to_python(self, value):
        return unicodedata.normalize("NFC", super().to_python(value))


class AccountAdapter(DefaultAccountAdapter):
    """Mail about the account itself."""

    def send_mail(self, template_prefix, email, context):
        """A mail server that is down must neither break the answer nor make it differ."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            logger.exception("Mail about an account could not be sent: %s", template_prefix)

    def send_confirmation_mail(self, request, emailconfirmation, signup):
        address = emailconfirmation.email_address
        owner = Person.objects.confirmed(address.email)
        if owner and owner.pk != address.user_id:
            self.send_account_already_exists_mail(address.email)
        else:
            super().send_confirmation_mail(request, emailconfirmation, signup)


class ByClaimedAddress(AuthenticationBackend):
    """Signs in whoever owns the address or claims it, by their own password.

    Every attempt hashes the same number of times: were it fewer for an unknown address, a stopwatch would tell.
    """

    def _authenticate_by_email(self, email, password):
        people = claimants(email)
        matching = [person for person in people if self._check_password(person, password)]
        for _ in range(CLAIMS + 1 - len(people)):
            self._mitigate_timing_attack(password)
        self._did_check_password = True
        return matching[-1] if matching else None


def claimants(email):
    """The newest few who only claim an address, and last, before whom they all give way, its owner."""
    owner = Person.objects.confirmed(email)
    people = sorted(set(filter_users_by_email(email, for_login=True)) - {owner}, key=lambda person: -person.pk)
    return people[:CLAIMS] + ([owner] if owner else [])


class AddEmailForm(forms.AddEmailForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"


class ResetPasswordForm(forms.ResetPasswordForm):
    def clean_email(self):
        email = super().clean_email()
        # Claiming an address a hundred times must not send its owner a hundred mails.
        self.users = sorted(self.users, key=lambda person: -person.pk)[:CLAIMS]
        return email


class SignupForm(forms.SignupForm):
    """E-mail, password, organisation: everything else has a default."""

    field_order = ["email", "password1", "organization", "time_zone"]

    organization = NameField(
        label="Organisation",
        max_length=Organization._meta.get_field("name").max_length,
        help_text="What your company or team is called.",
        widget=fields.TextInput(attrs={"autocomplete": "organization"}),
    )
    time_zone = fields.CharField(required=False, widget=fields.HiddenInput(attrs={"data-browser-zone": True}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Work e-mail"

    def clean_time_zone(self):
        """What the browser says, where it says something true."""
        try:
            validate_time_zone(self.cleaned_data["time_zone"])
        except ValidationError:
            return "UTC"
        return self.cleaned_data["time_zone"]

    @transaction.atomic
    def save(self, request):
        """Person, address, organisation and membership, or none of them."""
        return super().save(request)

    def signup(self, request, person):
        person.time_zone = self.cleaned_data["time_zone"]
        person.save(update_fields=["time_zone"])
        found(self.cleaned_data["organization"], owner=person, time_zone=person.time_zone)


class InvitedForm(fields.Form):
    """Signing up through an invitation: the address is the invitation's."""

    name = NameField(label="Your name", max_length=120, widget=fields.TextInput(attrs={"autocomplete": "name"}))
    password = fields.CharField(
        label="Password",
        help_text="At least eight characters. Paste from a password manager if you like.",
        widget=fields.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )
    time_zone = fields.CharField(required=False, widget=fields.HiddenInput(attrs={"data-browser-zone": True}))

    clean_time_zone = SignupForm.clean_time_zone

    def __init__(self, *args, email, **kwargs):
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self):
        person = Person(email=self.email, name=self.cleaned_data.get("name", ""))
        password_validation.validate_password(self.cleaned_data["password"], person)
        return self.cleaned_data["password"]

    def save(self):
        """A person who claims the invitation's address."""
        person = Person.objects.create_user(self.email, **self.cleaned_data)
        person.emailaddress_set.create(email=person.email, primary=True)
        return person
