"""How many text messages a text is: 160 characters of the GSM alphabet, or 70 as soon as one is outside it."""

from dataclasses import dataclass

# GSM 03.38: one septet each; those of the extension table take two.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
# What fits in one message, and in each of several, which spend room on saying that they belong together.
GSM_LIMITS = (160, 153)
UNICODE_LIMITS = (70, 67)


@dataclass(frozen=True)
class SmsLength:
    """`units` are septets or UTF-16 code units, `room` what still fits before one more part is needed."""

    parts: int
    units: int
    room: int
    is_gsm: bool


def sms_length(text):
    """The `SmsLength` of a text; nothing is zero parts."""
    is_gsm = all(letter in BASIC or letter in EXTENDED for letter in text)
    sizes = [_septets(letter) if is_gsm else _utf16_units(letter) for letter in text]
    single, joined = GSM_LIMITS if is_gsm else UNICODE_LIMITS
    units = sum(sizes)
    if units <= single:
        return SmsLength(parts=min(units, 1), units=units, room=single - units, is_gsm=is_gsm)
    # A letter is never torn apart: what does not fit whole begins the next part.
    parts, used = 1, 0
    for size in sizes:
        if used + size > joined:
            parts, used = parts + 1, 0
        used += size
    return SmsLength(parts=parts, units=units, room=joined - used, is_gsm=is_gsm)


def _septets(letter):
    return 2 if letter in EXTENDED else 1


def _utf16_units(letter):
    return 2 if ord(letter) > 0xFFFF else 1
