"""Acts that want to know nothing but why. An act with words of its own for it has a form beside its subject's."""

from .acts import ActForm, FewLines, Reason, WaivableForm


class ReasonForm(ActForm):
    """The one keyword of verbs that want to know why; most of them do not do without."""

    fields_of_rules = {"reason_required": "reason"}

    reason = Reason()


class WaivableReasonForm(ReasonForm, WaivableForm):
    """The same of an act that may break a rule."""


class ChallengeForm(ReasonForm):
    """Why something that somebody wrote is not right."""

    reason = FewLines(label="What is not right", help_text="Whoever wrote it reads this.")
