"""What somebody writes down for themself."""

from ..models.notebook import LONGEST_NOTE
from .acts import ActForm, OnceKey, Prose


class PrivateNoteForm(ActForm):
    text = Prose(
        label="Note for yourself", max_length=LONGEST_NOTE, error_messages={"required": "Write something first."}
    )
    key = OnceKey()
