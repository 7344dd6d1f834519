"""What an act has to be told in words. Without them it is refused, with a sentence that says what to write."""

from teams.errors import Refused


def require_words(text, otherwise, *, code="empty"):
    """The words, without the space around them; `otherwise` is what is answered where there are none."""
    text = text.strip()
    if not text:
        raise Refused(otherwise, code=code)
    return text


def require_reason(reason, otherwise):
    """The same of a reason that the act does not do without."""
    return require_words(reason, otherwise, code="reason_required")
