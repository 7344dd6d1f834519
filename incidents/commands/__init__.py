"""Slash commands: acts in one line, typed where messages are written.

A command is read (`line`), what it names is found (`asked`, `names`), and then it calls the very verb that the page of
the act calls, with the same rights and the same refusals, or opens that page with what was typed in it. `table` names
all of them, once; nothing else has to know a command.
"""

from .asked import Asked
from .line import Line, command_in, message_in
from .obeying import in_words, obey
from .outcomes import Help, Opening
from .table import COMMANDS

__all__ = ["COMMANDS", "Asked", "Help", "Line", "Opening", "command_in", "in_words", "message_in", "obey"]
