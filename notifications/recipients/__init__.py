"""Who hears what: one pure function over a `Situation`, and the only place where that is decided.

Nothing here queries or writes. `situations.py` loads what is asked about; `fan_out.py` writes down what is answered.

A subject is a module with a table `CALLS`: for each of its kinds a function that takes a `Situation` and yields a
`Call` for everybody it wants to be told. `table` puts them together, and `hearing` says who of all who are called may
hear it. What several subjects share stands in `situation` (the words), `calls` (ways of calling) and `routing` (an
organisation's own rules).
"""

from .hearing import who_hears
from .situation import BRIEFING, PAGING_RANK, ROOM, UPDATE, Group, Listener, Rule, Situation
from .support import SPIKE_OVER, SPIKE_PROPOSED

__all__ = [
    "BRIEFING",
    "PAGING_RANK",
    "ROOM",
    "SPIKE_OVER",
    "SPIKE_PROPOSED",
    "UPDATE",
    "Group",
    "Listener",
    "Rule",
    "Situation",
    "who_hears",
]
