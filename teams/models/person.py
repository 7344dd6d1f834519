"""A human being with an e-mail address and a password, in any number of organisations.

An address belongs to whoever confirmed it; before that it is a claim, and several may claim the same one. That is how
signing up with somebody else's address tells nothing about them and takes nothing from them. Whoever looks a person
up to give them rights asks for `confirmed(email)`, never for `email=`.
"""

import zoneinfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone


def validate_time_zone(name):
    if name not in zoneinfo.available_timezones():
        raise ValidationError("Choose a time zone such as Europe/Berlin.")


class PersonManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        person = self.model(email=self.normalize_email(email), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    @classmethod
    def normalize_email(cls, email):
        return (email or "").strip().lower()

    def confirmed(self, email):
        """The person to whom an address belongs, or None."""
        return self.filter(emailaddress__email=self.normalize_email(email), emailaddress__verified=True).first()

    def get_by_natural_key(self, email):
        person = self.confirmed(email) or self.filter(email=self.normalize_email(email)).first()
        if person is None:
            raise self.model.DoesNotExist
        return person


class Person(AbstractBaseUser, PermissionsMixin):
    """Signs in by e-mail. Rights live on `Membership`, never here."""

    # Not unique: allauth's table of addresses holds that a confirmed one belongs to one person.
    email = models.EmailField(db_index=True)
    name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    # Whatever was admitted under an older epoch (a socket, a token) has lost its right.
    epoch = models.PositiveIntegerField(default=0)

    objects = PersonManager()

    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name_plural = "people"

    def __str__(self):
        return self.name or self.email

    @property
    def display_name(self):
        """What others read: the name, or the local part of the address where none was given."""
        return self.name or self.email.partition("@")[0]

    def change_profile(self, *, name, time_zone):
        self.name, self.time_zone = name, time_zone
        self.save(update_fields=["name", "time_zone"])

    def has_confirmed_email(self):
        """Whether their address is proven to be theirs; nothing goes outside in the name of somebody who has not."""
        return self.emailaddress_set.filter(email=self.email, verified=True).exists()

    def confirm_email(self):
        """Record that their address is theirs, proven by other means than allauth's mail."""
        self.emailaddress_set.update_or_create(email=self.email, defaults={"verified": True, "primary": True})

    def get_full_name(self):
        return self.display_name

    def get_short_name(self):
        return self.display_name.partition(" ")[0]

    def save(self, *args, **kwargs):
        self.email = type(self).objects.normalize_email(self.email)
        super().save(*args, **kwargs)
