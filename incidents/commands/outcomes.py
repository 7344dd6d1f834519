"""What a command comes to when it is not an entry on the timeline."""

from dataclasses import dataclass
from urllib.parse import urlencode

from teams.errors import Refused

# What browsers, proxies and servers all take as an address.
LONGEST_ADDRESS = 6000


class Unclear(Refused):
    """The line cannot be read: the sentence says what it would take."""

    def __init__(self, sentence):
        super().__init__(sentence, code="unclear")


@dataclass(frozen=True)
class Opening:
    """The page of an act with what was typed in its fields. It is a dialog over the room, or a page as a `whole`."""

    url: str
    whole: bool = False

    @classmethod
    def of(cls, url, *, whole=False, **begun):
        filled = {name: value for name, value in begun.items() if value}
        address = f"{url}?{urlencode(filled)}" if filled else url
        if len(address) > LONGEST_ADDRESS:
            raise Unclear("That is too long for one line. Open the form from the room and put it there.")
        return cls(address, whole)


@dataclass(frozen=True)
class Help:
    """The commands that somebody may use now: `at_once`, and those of the incident lead `with_reason`."""

    at_once: tuple
    with_reason: tuple
