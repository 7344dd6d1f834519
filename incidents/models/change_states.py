"""What can become of a change."""

from django.db import models


class ChangeState(models.TextChoices):
    """What is stored. One that is only proposed reads as clear or in conflict: `ChangeIntent.standing`."""

    PROPOSED = "proposed", "Proposed"
    RELEASED = "released", "Released"
    STARTED = "started", "Started"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    ROLLED_BACK = "rolled_back", "Rolled back"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Lapsed"


class Standing(models.TextChoices):
    """What is read."""

    CLEAR = "clear", "Clear"
    CONFLICT = "conflict", "In conflict"
    RELEASED = "released", "Released"
    STARTED = "started", "Under way"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    ROLLED_BACK = "rolled_back", "Rolled back"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Lapsed"


S = ChangeState
LIVE = (S.PROPOSED, S.RELEASED, S.STARTED)
RESULTS = (S.SUCCEEDED, S.FAILED, S.ROLLED_BACK)
