"""What decides who hears of an entry, as bare keys; with the words in which every subject speaks of it."""

from dataclasses import dataclass, field

from playbooks.models import Audience, IncidentRole

from ..models.deliveries import Channel

EMAIL, SMS = Channel.EMAIL, Channel.SMS
# At this rank of severity and worse, whoever is needed is paged: by SMS too.
PAGING_RANK = 2
# Kinds of reader: what a notice says depends on them.
ROOM, BRIEFING, UPDATE = "room", "briefing", "update"
# Audiences that read no technical detail.
OUTER = (Audience.LEADERSHIP, Audience.CUSTOMERS)


@dataclass(frozen=True)
class Listener:
    """A member who may be told something."""

    id: int
    name: str
    email: str
    phone: str = ""
    administrator: bool = False
    stakeholder: bool = False
    function_id: int | None = None

    def address(self, channel):
        return self.phone if channel == SMS else self.email


@dataclass(frozen=True)
class Rule:
    """A routing rule, its conditions as bare keys. `rank`: this severity and worse."""

    name: str
    event: str
    by_email: bool = True
    by_sms: bool = False
    rank: int | None = None
    type_id: int | None = None
    service_ids: frozenset = frozenset()
    audience: str = ""
    function_id: int | None = None
    role: str = ""
    group_id: int | None = None
    participants: bool = False

    @property
    def channels(self):
        return channels(self.by_email, self.by_sms)


@dataclass(frozen=True)
class Group:
    """An audience group with its members resolved."""

    name: str
    audience: str
    members: frozenset
    by_email: bool = True
    by_sms: bool = False


@dataclass(frozen=True)
class Situation:
    """Everything that decides who hears of one entry, as bare keys; `members` are the active ones only."""

    kind: str
    details: dict = field(default_factory=dict)
    actor: int | None = None
    rank: int = 3
    type_id: int | None = None
    service_ids: frozenset = frozenset()
    private: bool = False
    drill: bool = False
    # Who may read it at all, where it is about a restricted workstream; None: whoever sees the incident.
    readers: frozenset | None = None
    members: dict = field(default_factory=dict)
    # One member a role; `wearers` are all members of a role that several may hold.
    holders: dict = field(default_factory=dict)
    wearers: dict = field(default_factory=dict)
    # `{slug: name}` of the roles that the organisation has defined.
    roles: dict = field(default_factory=dict)
    participants: frozenset = frozenset()
    # Participants who follow: they hear what is broadcast.
    followers: frozenset = frozenset()
    on_call: dict = field(default_factory=dict)
    functions: dict = field(default_factory=dict)
    rules: tuple = ()
    groups: dict = field(default_factory=dict)
    # (member, channel) of who was told that the incident exists, or was called to it.
    told: frozenset = frozenset()
    # (member, channel) of who had the update that is corrected or withdrawn.
    had: frozenset = frozenset()
    # Members who were called because a function was needed.
    called: frozenset = frozenset()
    # Whether the entry came with the declaration itself.
    with_declaration: bool = False

    @property
    def paging(self):
        """How somebody is reached who is needed now."""
        return (EMAIL, SMS) if self.rank <= PAGING_RANK else (EMAIL,)

    def worn_by(self, role):
        """Whoever wears this hat, one or several."""
        return self.wearers.get(role) or ((self.holders[role],) if role in self.holders else ())

    def name_of(self, role):
        known = IncidentRole(role).label if role in IncidentRole.values else str(role).replace("_", " ").capitalize()
        return self.roles.get(role, known)

    @property
    def administrators(self):
        return [member.id for member in self.members.values() if member.administrator]


def channels(by_email, by_sms):
    return ((EMAIL,) if by_email else ()) + ((SMS,) if by_sms else ())
