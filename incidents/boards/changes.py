"""Changes: who changes what until when, what is in whose way, and what the viewer may do about it."""

from dataclasses import dataclass
from functools import cached_property

from ..models.change_states import LIVE, ChangeState

SHOWN_ENDED = 50


@dataclass(frozen=True)
class ChangeRow:
    """One change. `clashes` and `ahead` say in words what is in its way and what goes first; `acts` are buttons."""

    change: object
    clashes: tuple
    ahead: tuple
    acts: tuple
    tells_viewer: bool
    is_late: bool


@dataclass(frozen=True)
class Clash:
    """`pk` of the pair keeps its line in the page; `about` says what both touch."""

    pk: int
    about: str
    other: str


@dataclass(frozen=True)
class Act:
    """`place` is an address below the change's own; one that `posts` is done by the button itself."""

    word: str
    place: str
    posts: bool = False


RELEASE = Act("Release", "release", posts=True)
START = Act("Start", "start", posts=True)
ORDER = Act("Say which goes first", "arrangement")
DONE = Act("Done", "result")
LONGER = Act("Takes longer", "extension")
WITHDRAW = Act("Withdraw", "withdrawal")


class ChangeBoard:
    """Rows for one viewer, in the order in which they were proposed."""

    def __init__(self, room):
        self.room = room

    @cached_property
    def live(self):
        return [self._row(change) for change in self.room.rows.changes[self.room.incident.pk]]

    @property
    def conflicts(self):
        """Pairs that are in each other's way."""
        return list({pair.pk: pair for row in self.live for pair in row.change.open_conflicts}.values())

    @cached_property
    def ended(self):
        """What is over, the latest first."""
        over = self._visible.exclude(state__in=LIVE).order_by("-ended_at")[:SHOWN_ENDED]
        return [self._row(change) for change in over]

    @property
    def waiting_for_viewer(self):
        """`(sentence, change, late, act)`: for the lead a conflict or a go, for owners the start and the end."""
        told = set()  # Pairs: two in each other's way are one thing to be settled.
        for row in self.live:
            change = row.change
            own, leads = self._is_own(change), self.room.coordinates
            act = next(iter(row.acts), None)
            if act == ORDER:
                clash = next((each for each in row.clashes if each.pk not in told), None)
                if clash is None:
                    continue
                told.update(each.pk for each in row.clashes)
                sentence = f"{change.key} and {clash.other} are in each other's way: {clash.about}"
            elif act == RELEASE and leads:
                sentence = f"{change.key} waits for your go: {change.owner.name}, {change.action}"
            elif act == START and own:
                sentence = f"{change.key} may begin: {change.action}"
            elif act == DONE and own and row.is_late:
                sentence = f"{change.key} was to be over: {change.action}"
            else:
                continue
            yield sentence, change, row.is_late, act

    @property
    def may_propose(self):
        return self.room.works and self.room.incident.is_open

    @property
    def _visible(self):
        return self.room.incident.changes.visible_to(self.room.viewer).for_reading()

    def _row(self, change):
        incident = self.room.incident
        pairs = change.open_conflicts
        clashes = tuple(Clash(pair.pk, pair.about, pair.other_than(change).name_in(incident)) for pair in pairs)
        ahead = tuple(other.name_in(incident) for other in change.waits_for)
        own = self._is_own(change)
        return ChangeRow(
            change=change,
            clashes=clashes,
            ahead=ahead,
            acts=tuple(self._acts(change, clashes, ahead)) if self.room.responds else (),
            # Said aloud to whoever is in the way, and to whoever says which goes first.
            tells_viewer=bool(clashes) and (own or self.room.coordinates),
            is_late=change.is_live and change.until <= self.room.now,
        )

    def _acts(self, change, clashes, ahead):
        own, leads = self._is_own(change), self.room.coordinates
        if change.may_end and (own or leads):
            yield DONE
        if not (change.is_live and self.room.incident.is_open):
            return
        if clashes and leads:
            yield ORDER
        if change.state == ChangeState.PROPOSED and leads and not clashes:
            yield START if own else RELEASE
        if change.state == ChangeState.RELEASED and (own or leads) and not (clashes or ahead):
            yield START
        if own or leads:
            yield LONGER
            if change.state != ChangeState.STARTED:
                yield WITHDRAW

    def _is_own(self, change):
        return self.room.viewer.pk in (change.owner_id, change.proposed_by_id)
