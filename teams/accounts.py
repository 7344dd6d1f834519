"""Signing up and in: allauth's forms and adapter, with an organisation founded along the way."""

from allauth.account import forms
from allauth.account.adapter import DefaultAccountAdapter
from django import forms as fields


class AccountAdapter(DefaultAccountAdapter):
    """Mail about the account itself, and where people land."""


class SignupForm(forms.SignupForm):
    organization = fields.CharField(max_length=120, label="Organisation")
