"""What is told, subject by subject: that a subject was left out is noticed before somebody is not told."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from incidents import kinds
from notifications.notices import table as notices
from notifications.recipients import table as recipients
from notifications.subjects import together

KINDS = {kind.name for kind in kinds.all_kinds()}
HEARD = [part.CALLS for part in vars(recipients).values() if hasattr(part, "CALLS")]
SAID = [part.WORDS for part in vars(notices).values() if hasattr(part, "WORDS")]


def test_the_subjects_together_are_the_table():
    assert together(*HEARD) == recipients.CALLS
    assert together(*SAID) == notices.WORDS


@pytest.mark.parametrize(
    ("subjects", "left_out"),
    [(subjects, place) for subjects in (HEARD, SAID) for place in range(len(subjects))],
)
def test_a_subject_that_is_left_out_is_named(subjects, left_out):
    missing = KINDS & subjects[left_out].keys()

    with pytest.raises(ImproperlyConfigured) as refused:
        together(*subjects[:left_out], *subjects[left_out + 1 :])

    assert missing
    assert str(refused.value) == f"These kinds stand in no subject: {', '.join(sorted(missing))}."


@pytest.mark.parametrize("subjects", [HEARD, SAID])
def test_a_kind_has_one_subject(subjects):
    with pytest.raises(ImproperlyConfigured, match="stand in two subjects: resolved"):
        together(*subjects, {kinds.RESOLVED.name: None})


def test_who_hears_of_a_kind_and_what_is_said_stand_under_one_subject():
    """Wherever the one is found, the other is found by the same name."""

    def homes(table, rows):
        return {kind: name for name, part in vars(table).items() for kind in KINDS & getattr(part, rows, {}).keys()}

    assert homes(recipients, "CALLS") == homes(notices, "WORDS")
