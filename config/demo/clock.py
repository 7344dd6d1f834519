"""A clock that can be put back, so that verbs write down what happened weeks ago as they would have then."""

from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone


class _AnyDatetime(type(datetime)):
    def __instancecheck__(cls, value):
        return isinstance(value, datetime)


@contextmanager
def moved_to(moment):
    """`timezone.now()` answers `moment` (aware) inside the block, for defaults of fields too."""

    class Moved(datetime, metaclass=_AnyDatetime):
        fromisoformat = staticmethod(datetime.fromisoformat)

        @classmethod
        def now(cls, tz=None):
            return moment.astimezone(tz)

    # Fields hold the function `now` itself, so what it asks is replaced and not the function.
    honest, timezone.datetime = timezone.datetime, Moved
    try:
        yield
    finally:
        timezone.datetime = honest
