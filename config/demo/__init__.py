"""Two believable organisations to look around in, told with the product's own verbs and a clock that is moved."""

from .telling import DEMO_ORGANIZATIONS, load

__all__ = ["DEMO_ORGANIZATIONS", "load"]
