"""Signing out, a new password or a changed second factor end what was admitted before: sockets ask again."""

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models import F

from .models import Person
from .signals import sign_in_changed


def forget_admissions(person):
    """Move the person to a new epoch and say so after commit."""
    if person is None or not person.pk:
        return
    Person.objects.filter(pk=person.pk).update(epoch=F("epoch") + 1)
    transaction.on_commit(lambda: sign_in_changed.send_robust(Person, person=person), robust=True)


def _by_user(sender, user=None, **kwargs):
    forget_admissions(user)


def connect():
    for changed in (
        user_logged_out,
        account.password_changed,
        account.password_reset,
        mfa.authenticator_added,
        mfa.authenticator_removed,
        mfa.authenticator_reset,
    ):
        changed.connect(_by_user, dispatch_uid=f"forget_admissions_{id(changed)}")
