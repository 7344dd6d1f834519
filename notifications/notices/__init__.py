"""What a notice says: subject and plain text first, the same as HTML, and a line that fits a text message.

A subject is a module with a table `WORDS`: for each of its kinds a function that takes an entry and the kind of reader
and returns `Words`, which are what the reader has to know, in the order they need it. `table` puts them together, and
`composing` makes a notice of them; the phrases that several subjects share stand in `words`.
"""

from .composing import compose, compose_alone
from .table import TOLD_KINDS
from .words import Words

__all__ = ["TOLD_KINDS", "Words", "compose", "compose_alone"]
