"""Stretches of something long, on a page: found by index, never by offset."""

from dataclasses import dataclass

PAGE = 50


@dataclass(frozen=True)
class Page:
    """A stretch, the oldest first.

    `earlier` is the `before=` of the stretch before it, `later` the `after=` of the one after it, or None;
    `is_newest` says that nothing comes after it.
    """

    rows: list
    earlier: int | None
    later: int | None

    def __iter__(self):
        return iter(self.rows)

    @property
    def is_newest(self):
        return self.later is None


class ByNumber:
    """The order of a unique, growing number."""

    def __init__(self, key):
        self.key = key

    def upward(self, rows, after=None):
        rows = rows.order_by(self.key)
        return rows if after is None else rows.filter(**{f"{self.key}__gt": after})

    def downward(self, rows, before=None):
        rows = rows.order_by(f"-{self.key}")
        return rows if before is None else rows.filter(**{f"{self.key}__lt": before})


class AsItHappened:
    """Entries in the order in which things took place, as far as is known now; a place is still an entry's number."""

    key = "number"

    def __init__(self, timeline):
        self.timeline = timeline

    def upward(self, rows, after=None):
        rows, place = rows.as_it_happened(), self._place(after)
        if place is None:
            return rows
        return rows.filter(took_place__gte=place.took_place).exclude(took_place=place.took_place, number__lte=after)

    def downward(self, rows, before=None):
        rows, place = rows.as_it_happened().reverse(), self._place(before)
        if place is None:
            return rows
        return rows.filter(took_place__lte=place.took_place).exclude(took_place=place.took_place, number__gte=before)

    def _place(self, number):
        return self.timeline.as_it_happened().filter(number=number).first() if number else None


def page_of(rows, *, order, before=None, after=None, around=None, size=PAGE):
    """The last `size` rows, or the last before a place, or the first after one, or half before one and half from it."""
    if around is not None:
        earlier = list(order.downward(rows, around)[: size // 2 + 1])
        found = list(order.upward(rows, around - 1)[: size // 2 + 1])
        page = earlier[: size // 2][::-1] + found[: size // 2]
        more_before, more_after = len(earlier) > size // 2, len(found) > size // 2
    elif after is not None:
        found = list(order.upward(rows, after)[: size + 1])
        page = found[:size]
        more_before, more_after = after > 0, len(found) > size
    else:
        found = list(order.downward(rows, before)[: size + 1])
        page = found[:size][::-1]
        more_before, more_after = len(found) > size, before is not None
    first, last = (getattr(page[0], order.key), getattr(page[-1], order.key)) if page else (None, 0)
    return Page(page, first if more_before else None, last if more_after else None)
