"""Telephone numbers: one spelling (E.164), and whether a number can be dialled. No database here."""

import phonenumbers
from django.conf import settings


def e164(text: str, region: str = settings.PHONENUMBER_DEFAULT_REGION) -> str:
    """The number as +13125550142, or "" when the text has no telephone number's shape.

    "+1 (312) 555-0142", "312.555.0142" and "3125550142" are the same number in the US. Extensions are
    dropped.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_assigned(number: str) -> bool:
    """Whether an E.164 number lies in a range that its country has given out."""
    return phonenumbers.is_valid_number(phonenumbers.parse(number))
