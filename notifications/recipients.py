"""Who hears what: one pure function over a `Situation`, and the only place where that is decided.

Nothing here queries or writes. `situations.py` loads what is asked about; `fan_out.py` writes down what is answered.
"""

from dataclasses import dataclass, field, replace

from incidents import kinds
from playbooks.models import Audience, DecisionClass, IncidentRole

from .models.deliveries import Channel
from .models.routing import RoutedEvent

# At this rank of severity and worse, whoever is needed is paged: by SMS too.
PAGING_RANK = 2
ADMINISTRATORS = "administrators"
# Whom a reminder reaches when the role it is for is vacant: whoever comes next.
CHAIN = (IncidentRole.COMMUNICATIONS_LEAD, IncidentRole.LEAD, ADMINISTRATORS)
# What follows from a declaration by itself, and tells nobody whom the declaration has told at the same moment.
WITH_DECLARATION = (kinds.FUNCTION_REQUESTED.name, kinds.ROLE_VACANT.name)
# These hear what leaves the room in everybody's name.
SPEAKERS = (IncidentRole.LEAD, IncidentRole.COMMUNICATIONS_LEAD)
# Audiences that read no technical detail.
OUTER = (Audience.LEADERSHIP, Audience.CUSTOMERS)

# What no entry says, because there is no incident yet.
SPIKE_PROPOSED, SPIKE_OVER = "spike_proposed", "spike_over"

# Kinds of reader: what a notice says depends on them.
ROOM, BRIEFING, UPDATE = "room", "briefing", "update"

EMAIL, SMS = Channel.EMAIL, Channel.SMS


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


@dataclass(frozen=True)
class Hearing:
    """One person hears by one channel. `skipped` is why, all the same, nothing is sent."""

    listener: Listener
    channel: str
    rule: str
    reader: str = ROOM
    skipped: str = ""

    @property
    def address(self):
        return self.listener.address(self.channel)


@dataclass(frozen=True)
class _Call:
    """A wish to tell somebody, before it is known whether they may hear it. `needed`: called in by name or by rota."""

    member: int
    channels: tuple
    rule: str
    reader: str = ROOM
    needed: bool = False


def channels(by_email, by_sms):
    return ((EMAIL,) if by_email else ()) + ((SMS,) if by_sms else ())


def who_hears(situation):
    """`[Hearing]`, each person at most once per channel; the first rule that names them is the one on record."""
    hearings = {}
    calls = _CALLS.get(situation.kind)
    for call in calls(situation) if calls else ():
        listener = situation.members.get(call.member)
        if listener is None or listener.id == situation.actor or not _may_hear(situation, call):
            continue
        reader = BRIEFING if listener.stakeholder and call.reader == ROOM else call.reader
        for channel in call.channels:
            hearings.setdefault(
                (listener.id, channel),
                Hearing(listener, channel, call.rule, reader, _nowhere_to_send(listener, channel)),
            )
    if situation.kind in WITH_DECLARATION and situation.with_declaration:
        hearings = _once_at_the_beginning(situation, hearings)
    return list(hearings.values())


def _may_hear(situation, call):
    """A drill stays on its roster; a private incident with those who are on it or needed for it; a restricted
    workstream with its readers, whoever else is needed."""
    if situation.readers is not None and call.member not in situation.readers:
        return False
    if situation.drill:
        return call.member in situation.participants
    if situation.private:
        return call.needed or call.member in situation.participants or _wears_a_hat(situation, call.member)
    return True


def _wears_a_hat(situation, member):
    return member in situation.holders.values() or any(member in worn for worn in situation.wearers.values())


def _nowhere_to_send(listener, channel):
    if listener.address(channel):
        return ""
    return "No telephone number is known." if channel == SMS else "No address is known."


def _once_at_the_beginning(situation, hearings):
    """The declaration has just called whoever is on call for something; nobody is woken twice for one thing."""
    paging = tuple(rule for rule in situation.rules if rule.function_id)
    declared = who_hears(replace(situation, kind=kinds.DECLARED.name, rules=paging))
    woken = {(each.listener.id, each.channel) for each in declared if not each.skipped}
    return {
        key: replace(each, skipped=each.skipped or "Told of the declaration at the same moment.")
        if key in woken
        else each
        for key, each in hearings.items()
    }


# --- Who is called, by kind of entry ---------------------------------------------------------------


def _routed(event):
    def calls(situation):
        for rule in situation.rules:
            if rule.event == event and applies(rule, situation):
                yield from _targets(rule, situation)

    return calls


def applies(rule, situation):
    """Whether the rule's conditions hold; what it does not name does not matter."""
    return (
        (rule.rank is None or situation.rank <= rule.rank)
        and rule.type_id in (None, situation.type_id)
        and (not rule.service_ids or bool(rule.service_ids & situation.service_ids))
        and rule.audience in ("", situation.details.get("audience", ""))
    )


def _targets(rule, situation):
    reader = UPDATE if rule.event == RoutedEvent.UPDATE_PUBLISHED else ROOM
    if rule.function_id:
        yield from _on_call(situation, rule.function_id, rule.name, rule.channels, reader)
    for member in situation.worn_by(rule.role) if rule.role else ():
        yield _Call(member, rule.channels, f"{rule.name}: {situation.name_of(rule.role)}", reader)
    if rule.group_id in situation.groups:
        group = situation.groups[rule.group_id]
        outer = BRIEFING if reader == ROOM and group.audience in OUTER else reader
        for member in sorted(group.members):
            yield _Call(member, rule.channels, f"{rule.name}: {group.name}", outer)
    if rule.participants:
        inner = reader == UPDATE and situation.details.get("audience") not in OUTER
        for member in sorted(situation.participants):
            if inner and member in situation.members and situation.members[member].stakeholder:
                continue
            yield _Call(member, rule.channels, f"{rule.name}: on the incident", reader)


def _on_call(situation, function_id, rule, by, reader=ROOM):
    """Whoever answers for a function now, or the administrators where nobody does."""
    name = next((name for key, name in situation.functions.values() if key == function_id), "this function")
    holder = situation.on_call.get(function_id)
    if holder in situation.members:
        yield _Call(holder, by, f"{rule}: on call for {name}", reader, needed=True)
        return
    for member in situation.administrators:
        yield _Call(member, by, f"{rule}: nobody is on call for {name}, so administrators", reader, needed=True)


def _update(situation):
    audience = situation.details.get("audience", "")
    for group in situation.groups.values():
        if group.audience == audience:
            for member in sorted(group.members):
                yield _Call(member, channels(group.by_email, group.by_sms), f"Audience group {group.name}", UPDATE)
    for role in SPEAKERS:
        if role in situation.holders:
            yield _Call(situation.holders[role], (EMAIL,), f"Every update: {situation.name_of(role)}", UPDATE)
    yield from _routed(RoutedEvent.UPDATE_PUBLISHED)(situation)
    if audience in OUTER:
        for member in sorted(situation.followers):
            yield _Call(member, (EMAIL,), "Follows the incident", UPDATE)


def _had_it(situation):
    """Exactly those who had the words that do not hold, by the way they had them."""
    said = "corrected" if situation.kind == kinds.UPDATE_CORRECTED.name else "withdrawn"
    for member, channel in sorted(situation.had):
        yield _Call(member, (channel,), f"Had the update that is {said}", UPDATE, needed=True)


def _function(situation):
    function_id, _ = situation.functions.get(situation.details.get("function"), (None, ""))
    if function_id:
        rule = situation.details.get("rule") or "Asked for by a person"
        yield from _on_call(situation, function_id, rule, situation.paging)


def _assignee(situation):
    role = situation.details.get("title") or situation.name_of(situation.details.get("role", ""))
    yield _Call(situation.details.get("member"), situation.paging, f"You are {role.lower()} now", needed=True)


def _invited(situation):
    yield _Call(situation.details.get("member"), situation.paging, "You are invited", needed=True)


def _answered(situation):
    """Whoever invited hears what became of it; at once, when they have to ask somebody else."""
    by = (EMAIL,) if situation.kind == kinds.INVITATION_ACCEPTED.name else situation.paging
    yield _Call(situation.details.get("inviter"), by, "You invited them", needed=True)
    if situation.details.get("to_administrators"):
        for member in situation.administrators:
            yield _Call(member, by, "Nobody else is on call, so administrators", needed=True)


def _manager(situation):
    """Whoever answers for somebody: paged where they have to answer, by mail where they are only told."""
    asked = "answer_by" in situation.details
    by = situation.paging if asked else (EMAIL,)
    rule = "Somebody of yours is asked for" if asked else "Somebody of yours was called in"
    for member in situation.details.get("managers", ()):
        yield _Call(member, by, rule, needed=asked)


def _requester(situation):
    """Whoever asked for somebody; at once, where they do not get them. Then whoever answers for the person."""
    bad = (kinds.REINFORCEMENT_OBJECTED, kinds.REINFORCEMENT_UNANSWERED, kinds.REINFORCEMENT_REFUSED)
    by = situation.paging if situation.kind in [kind.name for kind in bad] else (EMAIL,)
    yield _Call(situation.details.get("requester"), by, "You asked for them", needed=True)
    for member in situation.details.get("managers", ()):
        yield _Call(member, (EMAIL,), "Somebody of yours was asked for")


def _recalled(situation):
    yield _Call(situation.details.get("member"), situation.paging, "You are called back", needed=True)


def _released(situation):
    yield _Call(situation.details.get("member"), (EMAIL,), "You worked on it")


def _team(situation):
    for member in situation.details.get("members", ()):
        yield _Call(member, (EMAIL,), f"Team {situation.details.get('name', '')} follows", BRIEFING)


def _role_news(situation):
    """Whoever gets the hat; and where the lead goes to somebody not qualified for it, whoever speaks for leadership."""
    yield from _assignee(situation)
    if "lead_below_qualification" in situation.details.get("waived", ()):
        yield from _executive(situation, "The lead is below the qualification for this severity")


def _executive(situation, rule):
    if worn := situation.worn_by(IncidentRole.EXECUTIVE):
        for member in worn:
            yield _Call(member, (EMAIL,), rule, needed=True)
        return
    function_id, _ = situation.functions.get("leadership", (None, ""))
    if function_id:
        yield from _on_call(situation, function_id, rule, (EMAIL,))


def _vacant(situation):
    """First whoever is on call for the role's function, but not who has just put it down; then up the chain."""
    title = situation.details.get("title", "")
    function_id, _ = situation.functions.get(situation.details.get("function"), (None, ""))
    if function_id:
        for call in _on_call(situation, function_id, f"Nobody is {title}", situation.paging):
            if call.member != situation.details.get("left"):
                yield call
    for role in situation.details.get("told", ()):
        yield from _holder_or_next(situation, role, situation.paging, f"Nobody is {title}: word")


def _unanswered(situation):
    """The one who was asked, the lead; and when that did not help, whoever is on call for the role's function."""
    yield from _reminder(situation)
    function_id, _ = situation.functions.get(situation.details.get("function"), (None, ""))
    if function_id:
        yield from _on_call(situation, function_id, "Somebody else was asked and does not answer", situation.paging)


def _offered(situation):
    yield _Call(situation.details.get("member"), situation.paging, "You are asked to take a role", needed=True)


def _lead_hears(rule):
    def calls(situation):
        yield from _holder_or_next(situation, IncidentRole.LEAD, (EMAIL,), rule)

    return calls


def _declined(situation):
    """A hat that fell vacant is told by the vacancy too; the lead hears who cannot, and at once."""
    by = situation.paging if situation.details.get("worn") else (EMAIL,)
    yield from _holder_or_next(situation, IncidentRole.LEAD, by, "Declined roles")


def _seized(situation):
    yield _Call(situation.details.get("before_member"), situation.paging, "Your role was taken over", needed=True)
    yield from _role_news(situation)


def _successor(situation):
    yield _Call(situation.details.get("to"), situation.paging, "You are to take over a role", needed=True)


def _handing_over(situation):
    yield _Call(situation.details.get("member"), situation.paging, "Your hand-over has ended", needed=True)
    if situation.details.get("outcome") == "withdrawn":
        yield _Call(situation.details.get("to"), (EMAIL,), "A hand-over to you was withdrawn")


def _reminder(situation):
    """Whoever owes it by name, and the holders of the roles told; a vacant role passes the word on along the chain."""
    by = (EMAIL,) if situation.kind == kinds.CLOCK_WARNED.name else situation.paging
    for member in situation.details.get("told_members", ()):
        yield _Call(member, by, "Reminder to who owes it", needed=True)
    for role in situation.details.get("told", ()):
        yield from _holder_or_next(situation, role, by)


def _workstream(situation):
    """Whoever the entry names: the owner of a workstream that others wait for, or that has fallen silent."""
    by = situation.paging if situation.details.get("level") else (EMAIL,)
    for member in situation.details.get("told_members", ()):
        yield _Call(member, by, "Owns the workstream", needed=True)
    for role in situation.details.get("told", ()):
        yield from _holder_or_next(situation, role, by)


def _sync(situation):
    for member in situation.details.get("told_members", ()):
        yield _Call(member, (EMAIL,), "Is asked to a sync point", needed=True)


def _defaulted(situation):
    yield from _holder_or_next(situation, IncidentRole.LEAD, situation.paging)


def _finding(situation):
    """The lead hears of it by mail; one that asks for action, as of anything that is needed now."""
    by = situation.paging if situation.details.get("needs_action") else (EMAIL,)
    yield from _holder_or_next(situation, IncidentRole.LEAD, by, "Findings")


def _back_to_author(situation):
    yield from _told_by_name(situation, (EMAIL,), "Raised the finding")


def _answered_finding(situation):
    """The lead as of any finding, and whoever asked, wrote what rests on it, or raised the one it corrects."""
    yield from _finding(situation)
    yield from _told_by_name(situation, (EMAIL,), "Asked about it, or relied on it")


def _known(situation):
    """Those who pass it on in their own words; the lead, where somebody else wrote it."""
    for role in (IncidentRole.LEAD, IncidentRole.COMMUNICATIONS_LEAD, IncidentRole.SUPPORT_LIAISON):
        for member in situation.worn_by(role):
            yield _Call(member, (EMAIL,), f"What we know: {situation.name_of(role).lower()}")


def _known_challenged(situation):
    yield from _holder_or_next(situation, IncidentRole.LEAD, (EMAIL,), "What we know")
    yield from _told_by_name(situation, (EMAIL,), "Published it")


def _update_challenged(situation):
    yield from _holder_or_next(situation, IncidentRole.COMMUNICATIONS_LEAD, (EMAIL,), "Challenges of updates")
    yield from _told_by_name(situation, (EMAIL,), "Published it")


def _delegated(situation):
    yield _Call(situation.details.get("member"), (EMAIL,), "You say what we know for a while", needed=True)


def _task_owner(situation):
    yield _Call(situation.details.get("owner"), (EMAIL,), "The task is yours", needed=True)


def _question(situation):
    role = situation.details.get("owner_role", IncidentRole.COMMUNICATIONS_LEAD)
    yield from _holder_or_next(situation, role, (EMAIL,), "Questions")


def _asker(situation):
    """Everybody who asked it, and where it was answered to all, the groups of that audience."""
    details = situation.details
    for member in details.get("askers", (details.get("asker"),)):
        yield _Call(member, (EMAIL,), "You asked the question")
    for group in situation.groups.values() if details.get("to_audience") else ():
        if group.audience == details.get("audience"):
            for member in sorted(group.members):
                yield _Call(member, (EMAIL,), f"Audience group {group.name}")


def _engineer(situation):
    yield _Call(situation.details.get("member"), situation.paging, "You know it", needed=True)


def _ask_answered(situation):
    yield _Call(situation.details.get("asker"), (EMAIL,), "You asked them", needed=True)


def _spike(situation):
    """Whoever listens to customers, and whoever leads: a person says what follows from it."""
    for role in (IncidentRole.SUPPORT_LIAISON, IncidentRole.LEAD):
        yield from _holder_or_next(situation, role, (EMAIL,), "More reports than usual")


def _proposal(situation):
    """Before there is an incident: whoever listens to customers now, and whoever would be called if one were declared.
    A person says what follows from it, so only those who respond; in the end the administrators."""
    because = "More reports than usual"
    function_id, _ = situation.functions.get(situation.details.get("function"), (None, ""))
    if function_id:
        yield from _responding(situation, _on_call(situation, function_id, because, situation.paging))
    for rule in situation.rules:
        if rule.event == RoutedEvent.DECLARED and rule.function_id and applies(rule, situation):
            called = _on_call(situation, rule.function_id, f"{because}: {rule.name}", rule.channels)
            yield from _responding(situation, called)
    if ADMINISTRATORS in situation.details.get("told", ()):
        for member in situation.administrators:
            yield _Call(member, situation.paging, f"{because}, and nobody answers: administrators")


def _responding(situation, calls):
    """Those of them who respond; where whoever is on call only reads, the administrators."""
    for call in calls:
        if not situation.members[call.member].stakeholder:
            yield call
            continue
        for member in situation.administrators:
            yield replace(call, member=member, rule=f"{call.rule}, who only reads, so administrators")


def _agents(situation):
    """Everybody of the function that answers customers, whether they are in the room or not."""
    function_id, name = situation.functions.get(situation.details.get("function"), (None, ""))
    for member in situation.members.values():
        if function_id and member.function_id == function_id:
            yield _Call(member.id, (EMAIL,), f"Answers customers: {name}", BRIEFING)


def _let_in(situation):
    yield _Call(situation.details.get("member"), (EMAIL,), "You may speak in the workstream")


def _holder_or_next(situation, role, by, what="Reminder"):
    ahead = CHAIN[CHAIN.index(role) :] if role in CHAIN else (role, *CHAIN[1:])
    vacant = []
    for each in ahead:
        if each == ADMINISTRATORS:
            for member in situation.administrators:
                yield _Call(member, by, _escalated(what, "Administrators", vacant), needed=True)
            return
        if worn := situation.worn_by(each):
            for member in worn:
                yield _Call(member, by, _escalated(what, situation.name_of(each), vacant), needed=True)
            return
        vacant.append(situation.name_of(each))


def _escalated(what, name, vacant):
    return f"{what} to {name.lower()}" + (f", because nobody is {vacant[0].lower()}" if vacant else "")


def _by_name(rule):
    """Those whom the entry names: by mail, they are at work on it."""

    def calls(situation):
        for member in situation.details.get("told_members", ()):
            yield _Call(member, (EMAIL,), rule, needed=True)

    return calls


def _collision(situation):
    """Both owners, and whoever says which goes first."""
    yield from _by_name("Their change is in the way")(situation)
    yield from _holder_or_next(situation, IncidentRole.LEAD, (EMAIL,))


def _go(situation):
    """Somebody waits for it with their hands on the keys; whoever does so in another incident is not called to this."""
    for member in situation.details.get("told_members", ()):
        yield _Call(member, situation.paging, "Their change may begin")


def _cleared(situation):
    """What they waited for in another incident is over; without the lead's go that is news and not a call."""
    calls = _go if situation.details.get("released") else _by_name("Their change waits for nothing more")
    yield from calls(situation)


def _asked_to_decide(situation):
    """Whoever decides it. For people or money an executive is paged, however mild the incident."""
    resource = situation.details.get("decision_class") == DecisionClass.RESOURCE
    yield from _told_by_name(
        situation, (EMAIL, SMS) if resource else situation.paging, _asked(situation, "Asked to decide")
    )


def _decision_reminder(situation):
    by = (EMAIL,) if situation.kind == kinds.DECISION_WARNED.name else situation.paging
    yield from _told_by_name(situation, by, _asked(situation, "A decision waits"))


def _decided(situation):
    """Whose right was passed over hears it first; then whoever asked, proposed, or had decided before."""
    yield from _told_by_name(situation, situation.paging, "Decided in your place, outside their authority", "overruled")
    yield from _told_by_name(situation, (EMAIL,), "Asked, proposed or decided before")


def _commitment(situation):
    """Whoever has to judge it or lives with the judgement; where nobody is named, whoever leads."""
    by = situation.paging if situation.kind == kinds.COMMITMENT_REOPENED.name else (EMAIL,)
    named = situation.details.get("told_members", ())
    for member in named:
        yield _Call(member, by, "Commitment", needed=True)
    if not named:
        yield from _holder_or_next(situation, IncidentRole.LEAD, by, "Commitments")


def _product_hears(situation):
    yield from _holder_or_next(situation, IncidentRole.PRODUCT, (EMAIL,), "Business events")


def _missed(situation):
    yield from _told_by_name(situation, situation.paging, "A promise was missed")
    for role in situation.details.get("told", ()):
        yield from _holder_or_next(situation, role, situation.paging, "A missed promise")


def _told_by_name(situation, by, rule, told="told_members"):
    for member in situation.details.get(told, ()):
        yield _Call(member, by, rule, needed=True)


def _asked(situation, phrase):
    """Who is asked, and why not the one whose decision it is."""
    role, authority = (situation.details.get(name, "") for name in ("asked_of", "authority"))
    name = situation.name_of(role).lower()
    return f"{phrase}: {name}" if authority == role else f"{phrase}: nobody is {name}"


def _ending(situation):
    """Whoever heard that it began hears how it went on, and so does whoever is on it."""
    for member, channel in sorted(situation.told):
        yield _Call(member, (channel,), "Was told that the incident began", needed=member in situation.called)
    for member in sorted(situation.participants):
        yield _Call(member, (EMAIL,), "Is on the incident")


_CALLS = {
    kinds.DECLARED.name: _routed(RoutedEvent.DECLARED),
    kinds.SEVERITY_CHANGED.name: _routed(RoutedEvent.SEVERITY_CHANGED),
    kinds.UPDATE_PUBLISHED.name: _update,
    kinds.UPDATE_CORRECTED.name: _had_it,
    kinds.UPDATE_WITHDRAWN.name: _had_it,
    kinds.FUNCTION_REQUESTED.name: _function,
    kinds.ROLE_TAKEN.name: _role_news,
    kinds.ROLE_HANDED_OVER.name: _role_news,
    kinds.PARTICIPANT_LEFT.name: _released,
    kinds.PARTICIPANT_RECALLED.name: _recalled,
    kinds.TEAM_FOLLOWS.name: _team,
    kinds.INVITATION_SENT.name: _invited,
    kinds.INVITATION_ACCEPTED.name: _answered,
    kinds.INVITATION_DECLINED.name: _answered,
    kinds.INVITATION_EXPIRED.name: _answered,
    kinds.REINFORCEMENT_ASKED.name: _manager,
    kinds.REINFORCEMENT_TAKEN.name: _manager,
    kinds.REINFORCEMENT_AGREED.name: _requester,
    kinds.REINFORCEMENT_OBJECTED.name: _requester,
    kinds.REINFORCEMENT_UNANSWERED.name: _requester,
    kinds.REINFORCEMENT_GRANTED.name: _requester,
    kinds.REINFORCEMENT_REFUSED.name: _requester,
    kinds.REINFORCEMENT_WITHDRAWN.name: _requester,
    kinds.REINFORCEMENT_LAPSED.name: _requester,
    kinds.ROLE_DECLINED.name: _declined,
    kinds.ROLE_UNANSWERED.name: _unanswered,
    kinds.ROLE_OFFERED.name: _offered,
    kinds.ROLE_VOLUNTEERED.name: _lead_hears("Raised hands"),
    kinds.ROLE_OFFER_ENDED.name: _lead_hears("Offers without an answer"),
    kinds.ROLE_VACANT.name: _vacant,
    kinds.ROLE_SEIZED.name: _seized,
    kinds.HANDOVER_BEGUN.name: _successor,
    kinds.HANDOVER_ENDED.name: _handing_over,
    kinds.LONG_DUTY.name: _reminder,
    kinds.ASSESSMENT_DEFAULTED.name: _defaulted,
    kinds.CLOCK_WARNED.name: _reminder,
    kinds.CLOCK_DUE.name: _reminder,
    kinds.CLOCK_OVERDUE.name: _reminder,
    kinds.CLOCK_ESCALATED.name: _reminder,
    kinds.UPDATE_CHALLENGED.name: _update_challenged,
    kinds.CHALLENGE_WAITS.name: _reminder,
    kinds.CHALLENGE_ANSWERED.name: _by_name("Challenged the update"),
    kinds.FINDING_RAISED.name: _finding,
    kinds.FINDING_MORE_ASKED.name: _back_to_author,
    kinds.FINDING_CHALLENGED.name: _back_to_author,
    kinds.FINDING_REPLIED.name: _answered_finding,
    kinds.FINDING_CORRECTED.name: _answered_finding,
    kinds.FINDING_WAITS.name: _reminder,
    kinds.SYNTHESIS_PUBLISHED.name: _known,
    kinds.SYNTHESIS_CHALLENGED.name: _known_challenged,
    kinds.SYNTHESIS_WAITS.name: _reminder,
    kinds.SYNTHESIS_DELEGATED.name: _delegated,
    kinds.SYNTHESIS_DELEGATION_ENDED.name: _by_name("What we know is in other hands"),
    kinds.TASK_ADDED.name: _task_owner,
    kinds.TASK_GIVEN.name: _task_owner,
    kinds.TASK_DUE.name: _reminder,
    kinds.TASK_OVERDUE.name: _reminder,
    kinds.QUESTION_ASKED.name: _question,
    kinds.QUESTION_ANSWERED.name: _asker,
    kinds.QUESTION_DECLINED.name: _asker,
    kinds.QUESTION_WAITS.name: _reminder,
    kinds.SPIKE_SEEN.name: _spike,
    kinds.SPIKE_WAITS.name: _reminder,
    kinds.SPIKE_FADED.name: _spike,
    SPIKE_PROPOSED: _proposal,
    SPIKE_OVER: _by_name("Was told that more customers write than usual"),
    kinds.SUPPORT_BRIEF_WRITTEN.name: _agents,
    kinds.ASK_PUT.name: _engineer,
    kinds.ASK_ANSWERED.name: _ask_answered,
    kinds.ASK_WAITS.name: _reminder,
    kinds.EXCEPTION_GRANTED.name: _let_in,
    kinds.WORKSTREAM_BLOCKED.name: _workstream,
    kinds.WORKSTREAM_UNBLOCKED.name: _workstream,
    kinds.WORKSTREAM_SILENT.name: _workstream,
    kinds.CHANGES_COLLIDED.name: _collision,
    kinds.DRAFT_PROPOSED.name: _by_name("Is asked to confirm a draft"),
    kinds.CHANGES_ARRANGED.name: _by_name("Their change has its place"),
    kinds.CHANGE_CLEARED.name: _cleared,
    kinds.CHANGE_RELEASED.name: _go,
    kinds.CHANGE_ENDED.name: _go,
    kinds.CHANGE_WITHDRAWN.name: _go,
    kinds.CHANGE_DUE.name: _reminder,
    kinds.CHANGE_LAPSED.name: _reminder,
    kinds.SYNC_CALLED.name: _sync,
    kinds.SYNC_SOON.name: _sync,
    kinds.SYNC_CANCELLED.name: _sync,
    kinds.DECISION_RAISED.name: _asked_to_decide,
    kinds.DECISION_MADE.name: _decided,
    kinds.DECISION_REVERSED.name: _decided,
    kinds.DECISION_WARNED.name: _decision_reminder,
    kinds.DECISION_DUE.name: _decision_reminder,
    kinds.DECISION_ESCALATED.name: _decision_reminder,
    kinds.ESTIMATE_PROPOSED.name: _lead_hears("Proposed estimates"),
    kinds.ESTIMATE_SET.name: _by_name("Passes on the estimate"),
    kinds.COMMITMENT_PROPOSED.name: _commitment,
    kinds.COMMITMENT_CONFIRMED.name: _by_name("Their commitment"),
    kinds.COMMITMENT_REFUSED.name: _by_name("Their commitment"),
    kinds.COMMITMENT_REOPENED.name: _commitment,
    kinds.COMMITMENT_WARNED.name: _by_name("Owns the commitment"),
    kinds.COMMITMENT_MISSED.name: _missed,
    kinds.RESTORATION_ORDER_SET.name: _by_name("Works along the order"),
    kinds.RESTORATION_ORDER_OBJECTED.name: _by_name("Decides what comes back first"),
    kinds.EVENT_OVERLAPPED.name: _product_hears,
    kinds.RESOLVED.name: _ending,
    kinds.REOPENED.name: _ending,
    kinds.DECLINED.name: _ending,
    kinds.MERGED.name: _ending,
}
