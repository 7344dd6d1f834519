"""Who might wear a hat: the likely ones first, found in a constant number of queries."""

from functools import cached_property

from teams.models import Membership, Rota

SHOWN = 12


class Candidates:
    """`near` are on call or in the incident, the nearest to the role first; `everybody` are all who may."""

    def __init__(self, incident, role, *, domain=None, member=None):
        self.incident = incident
        self.role = role
        self.domain = domain
        self.member = member

    @cached_property
    def held(self):
        """The assignment that stands now, or None; of a role that many hold, the member's own."""
        worn = self.incident.roles.current().with_people().of(self.role.slug, self.domain)
        return (worn if self.role.single else worn.filter(membership=self.member)).first()

    @property
    def holder(self):
        """The membership that wears the hat now, or None."""
        return self.held.membership if self.held else None

    @property
    def everybody(self):
        active = Membership.objects.active().exclude(role=Membership.Role.STAKEHOLDER)
        return active.with_people().in_order()

    @cached_property
    def near(self):
        """`(membership, why)` of at most a dozen likely people."""
        on_call = dict(Rota.objects.values_list("on_call", "function__name"))
        here = set(self.incident.participants.current().values_list("membership", flat=True))
        likely = self.everybody.filter(pk__in={*on_call, *here})
        if self.holder:
            likely = likely.exclude(pk=self.holder.pk)
        ranked = sorted(likely, key=lambda member: (*self._distance(member), member.pk not in on_call))
        return [(member, self._why(member, on_call, here)) for member in ranked[:SHOWN]]

    def _distance(self, member):
        knows = self.domain is not None and member.domain_id == self.domain.pk
        own = self.role.function_id is not None and member.function_id == self.role.function_id
        return not knows, not own

    def _why(self, member, on_call, here):
        knows = self.domain is not None and member.domain_id == self.domain.pk
        words = [f"knows {self.domain.name.lower()}"] if knows else []
        words += [f"on call for {on_call[member.pk]}"] if member.pk in on_call else []
        return ", ".join([*words, *(["in the incident"] if member.pk in here else [])])


def on_call_among(members):
    """`(membership, why)` for those of these members who answer for a function now; two queries."""
    on_call = dict(Rota.objects.values_list("on_call", "function__name"))
    return [(member, f"on call for {on_call[member.pk]}") for member in members.filter(pk__in=on_call)[:SHOWN]]
