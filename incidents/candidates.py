"""Who might wear a hat: the likely ones first, found in a constant number of queries."""

from functools import cached_property

from playbooks.models import IncidentRole
from teams.models import Membership, Rota

# Whose people are the first choice.
FUNCTION_OF_ROLE = {IncidentRole.COMMUNICATIONS_LEAD: "communications"}
SHOWN = 12


class Candidates:
    """`near` are on call or in the incident, those of the role's function first; `everybody` are all who may."""

    def __init__(self, incident, role):
        self.incident = incident
        self.role = role

    @cached_property
    def holder(self):
        """The membership that wears the hat now, or None."""
        return self.incident.holder_of(self.role)

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
        ranked = sorted(likely, key=lambda member: (not self._is_of_function(member), member.pk not in on_call))
        return [(member, self._why(member, on_call, here)) for member in ranked[:SHOWN]]

    def _is_of_function(self, member):
        wanted = FUNCTION_OF_ROLE.get(self.role)
        return member.function is not None and member.function.slug == wanted

    @staticmethod
    def _why(member, on_call, here):
        words = [f"on call for {on_call[member.pk]}"] if member.pk in on_call else []
        return ", ".join([*words, *(["in the incident"] if member.pk in here else [])])
