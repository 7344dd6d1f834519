"""Guards over functions: who is called for and is not here."""

from ..models.functions import ActivationState
from .gaps import Gap


class RequiredFunctionNotEngaged:
    """G8: a function was called for and is not here."""

    code = "required_function_not_engaged"

    def gaps(self, facts):
        for each in facts.functions:
            if each.state in (ActivationState.REQUIRED, ActivationState.REQUESTED):
                yield Gap(
                    self.code,
                    f"{each.function} is called for and not engaged.",
                    each.changed_at,
                    waivable=True,
                    subject=each.function.slug,
                    step="Reach its people, or say why it is not needed",
                    place=f"functions/{each.function.slug}/",
                )
