"""Every command, once: its word, what may stand after it, what it does in words, and who may use it when.

The hint under the composer, `/help` and the list of keys all read this table.
"""

from dataclasses import dataclass

from .. import authority
from . import acts, pages
from .outcomes import Help


@dataclass(frozen=True)
class Command:
    """`run` takes an `Asked` and returns an entry, an `Opening` or `Help`. `lead` marks acts of whoever coordinates,
    which others do with a reason; `afterwards` those that make sense once the incident is over."""

    word: str
    usage: str
    says: str
    run: object
    lead: bool = False
    afterwards: bool = False

    @property
    def example(self):
        return f"/{self.word} {self.usage}".rstrip()


def help_for(asked):
    """What whoever asks may do here and now."""
    incident, by = asked.incident, asked.by
    if not authority.may_respond(by):
        return Help((), ())
    usable = [each for each in COMMANDS.values() if incident.is_open or each.afterwards]
    leads = authority.may_coordinate(by, incident)
    at_once = tuple(each for each in usable if leads or not each.lead)
    return Help(at_once, tuple(each for each in usable if each not in at_once))


COMMANDS = {
    command.word: command
    for command in (
        Command(
            "finding",
            "condition | actions | needs",
            "Raise a finding; with less than three parts, a form",
            acts.finding,
        ),
        Command("decide", "what", "Ask for a decision, or record one", pages.decide),
        Command("ask", "what", "Ask a question; it goes to who answers", acts.ask, afterwards=True),
        Command("task", "@who what due 10m", "Add a task", acts.task),
        Command("role", "comms @lena", "Give a role, or take it", acts.role),
        Command("sev", "2 reason", "Change the severity, after reading what that does", pages.severity, lead=True),
        Command("status", "monitoring", "Change the status", acts.status, lead=True, afterwards=True),
        Command("update", "customers", "Write an update", pages.update, afterwards=True),
        Command("page", "support", "Call a function or, with an @name, a person", acts.page),
        Command("ws", "new Name", "Open a workstream", acts.workstream),
        Command("blocks", "ws-name", "Say which workstream waits for this one", acts.blocks),
        Command("pin", "", "Pin the last message here to the timeline", acts.pin, afterwards=True),
        Command("report", "what the customer sees", "Count a customer report", acts.report, afterwards=True),
        Command("handover", "@who", "Hand over your role", pages.hand_over),
        Command("claim", "restart gateway for 20m", "Say that you are changing something", acts.claim),
        Command("catchup", "", "Read what you have missed", pages.catch_up, afterwards=True),
        Command("help", "", "List what you may do", help_for, afterwards=True),
    )
}
