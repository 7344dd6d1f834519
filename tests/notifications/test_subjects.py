"""What is told, subject by subject: that a subject was left out is noticed before somebody is not told."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from incidents import kinds
from notifications import subjects
from notifications.recipients import table as recipients

SUBJECTS = [part.CALLS for part in vars(recipients).values() if hasattr(part, "CALLS")]


def test_the_subjects_together_are_the_table():
    assert subjects.together(*SUBJECTS) == recipients.CALLS


@pytest.mark.parametrize("left_out", range(len(SUBJECTS)))
def test_a_subject_that_is_left_out_is_named(left_out):
    kept = [subject for place, subject in enumerate(SUBJECTS) if place != left_out]
    missing = {name for name in SUBJECTS[left_out] if name in {kind.name for kind in kinds.all_kinds()}}

    with pytest.raises(ImproperlyConfigured) as refused:
        subjects.together(*kept)

    assert missing
    assert str(refused.value) == f"These kinds stand in no subject: {', '.join(sorted(missing))}."


def test_a_kind_has_one_subject():
    with pytest.raises(ImproperlyConfigured, match="stand in two subjects: resolved"):
        subjects.together(*SUBJECTS, {kinds.RESOLVED.name: None})
