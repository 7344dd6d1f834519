"""Loads what decides who hears of something, in a constant number of queries, as bare keys for `recipients`."""

from collections import defaultdict
from datetime import timedelta

from incidents import kinds
from incidents.models import IncidentService, Participant
from playbooks.models import RoleDefinition
from teams.models import Function, Membership, Rota

from .models import AudienceGroup, AudienceMember, Delivery, RoutingRule, RoutingService
from .recipients import Group, Listener, Rule, Situation
from .told import deliveries_of_what_was_wrong

# What is asked for this soon after the declaration came with it.
OPENING = timedelta(seconds=10)
BEGINNINGS = (kinds.DECLARED.name, kinds.FUNCTION_REQUESTED.name)
ENDINGS = (kinds.RESOLVED.name, kinds.REOPENED.name, kinds.DECLINED.name, kinds.MERGED.name)


def of(entry):
    """The situation in which an entry is told; `entry` comes with `incident__severity` and its workstreams."""
    incident = entry.incident
    members = active_members()
    told, called = _told(incident) if entry.kind in ENDINGS else (frozenset(), frozenset())
    on_it = incident.participants.current().values_list("membership_id", "capacity")
    opening = entry.actor_id is None and entry.recorded_at < _opening_ends_at(incident)
    return Situation(
        kind=entry.kind,
        details=entry.details,
        # What follows from a declaration by itself is the declarer's own act too.
        actor=incident.declared_by_id if opening else entry.actor_id,
        rank=incident.severity.rank,
        type_id=incident.incident_type_id,
        service_ids=frozenset(IncidentService.objects.filter(incident=incident).values_list("service_id", flat=True)),
        private=incident.private,
        drill=incident.drill,
        readers=_readers(entry, members),
        members={member.pk: _listener(member) for member in members},
        **_hats(incident),
        participants=frozenset(member for member, _ in on_it),
        followers=frozenset(member for member, capacity in on_it if capacity == Participant.Capacity.FOLLOWER),
        told=told,
        called=called,
        had=_had(entry),
        with_declaration=opening,
        **_arranged(members),
    )


def _readers(entry, members):
    """The members to whom every restricted workstream that the entry names is open, or None without any."""
    shut = [stream for stream in (entry.workstream, entry.beside) if stream and stream.restricted]
    if not shut:
        return None
    return frozenset(member.pk for member in members if all(stream.is_open_to(member) for stream in shut))


def _hats(incident):
    """Who wears which hat: `holders` one each, `wearers` everybody where there may be several."""
    holders, wearers = {}, defaultdict(list)
    for role, member, single, domain in (
        incident.roles.current().order_by("pk").values_list("role", "membership_id", "single", "domain_id")
    ):
        wearers[role].append(member)
        if single and domain is None:
            holders[role] = member
    return {"holders": holders, "wearers": {role: tuple(members) for role, members in wearers.items()}}


def _opening_ends_at(incident):
    """Until then, what the machinery says came with the declaration; a person's judgement is a new reason to speak."""
    ends_at = incident.declared_at + OPENING
    return min(ends_at, incident.assessed_at) if incident.assessed_at else ends_at


def imagined(kind, *, severity, incident_type=None, services=(), audience=""):
    """As if it happened now, to an incident nobody is on yet: for trying out routing rules."""
    members = active_members()
    return Situation(
        kind=kind,
        details={"audience": audience},
        rank=severity.rank,
        type_id=incident_type.pk if incident_type else None,
        service_ids=frozenset(service.pk for service in services),
        members={member.pk: _listener(member) for member in members},
        **_arranged(members),
    )


def active_members():
    return list(Membership.objects.active().select_related("person"))


def _listener(member):
    return Listener(
        id=member.pk,
        name=member.name,
        email=member.email,
        phone=member.phone,
        administrator=member.is_administrator,
        stakeholder=not member.is_responder,
        function_id=member.function_id,
    )


def _arranged(members):
    """What the organisation has arranged beforehand: functions, rotas, rules and groups."""
    return {
        "functions": {slug: (pk, name) for pk, slug, name in Function.objects.values_list("pk", "slug", "name")},
        "on_call": dict(Rota.objects.values_list("function_id", "on_call_id")),
        "roles": RoleDefinition.objects.names(),
        "rules": _rules(),
        "groups": _groups(members),
    }


def _rules():
    services = defaultdict(set)
    for rule, service in RoutingService.objects.values_list("rule_id", "service_id"):
        services[rule].add(service)
    return tuple(
        Rule(
            name=rule.name,
            event=rule.event,
            by_email=rule.by_email,
            by_sms=rule.by_sms,
            rank=rule.from_severity.rank if rule.from_severity else None,
            type_id=rule.incident_type_id,
            service_ids=frozenset(services[rule.pk]),
            audience=rule.audience,
            function_id=rule.function_id,
            role=rule.role,
            group_id=rule.group_id,
            participants=rule.participants,
        )
        for rule in RoutingRule.objects.in_order().select_related("from_severity")
    )


def _groups(members):
    named = defaultdict(set)
    for group, member in AudienceMember.objects.values_list("group_id", "membership_id"):
        named[group].add(member)
    return {
        group.pk: Group(
            name=group.name,
            audience=group.audience,
            by_email=group.by_email,
            by_sms=group.by_sms,
            members=frozenset(
                member.pk
                for member in members
                if member.pk in named[group.pk]
                or (group.function_id and member.function_id == group.function_id)
                or (group.stakeholders and not member.is_responder)
            ),
        )
        for group in AudienceGroup.objects.in_order()
    }


def _told(incident):
    """Who was told that the incident exists, by which channel; and who of them was called to it."""
    rows = (
        Delivery.objects.filter(incident=incident, notice__entry__kind__in=BEGINNINGS, recipient__isnull=False)
        .exclude(state=Delivery.State.SUPPRESSED)
        .values_list("recipient_id", "channel", "notice__entry__kind")
    )
    told = frozenset((recipient, channel) for recipient, channel, _ in rows)
    called = frozenset(recipient for recipient, _, kind in rows if kind == kinds.FUNCTION_REQUESTED.name)
    return told, called


def _had(entry):
    """Members who had what is corrected or withdrawn, and how."""
    rows = deliveries_of_what_was_wrong(entry).filter(recipient__isnull=False)
    return frozenset(rows.values_list("recipient_id", "channel"))
