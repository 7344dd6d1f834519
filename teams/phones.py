"""Telephone numbers, in the one form that gateways understand: +491701234567 (E.164)."""

import phonenumbers
from django.core.exceptions import ValidationError


def validate_phone(number):
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != number:
        raise ValidationError("Write the number with its country code and no spaces, for example +491701234567.")
