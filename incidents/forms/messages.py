"""What is said in a workstream, and how it is taken back."""

from django import forms

from ..models.messages import MAX_LENGTH
from .acts import ActForm, OnceKey, Prose


class MessageForm(ActForm):
    text = Prose(label="Message", max_length=MAX_LENGTH, error_messages={"required": "Write something first."})
    key = OnceKey()


class WordsForm(ActForm):
    """Another wording of one's own message."""

    fields_of_rules = {"unchanged": "text"}

    text = Prose(
        label="Message",
        max_length=MAX_LENGTH,
        rows=4,
        error_messages={"required": "Write something, or delete the message."},
    )


class DeletionForm(ActForm):
    reason = forms.CharField(label="Why", max_length=200, help_text="It stays in the thread with your name.")
