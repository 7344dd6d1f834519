"""Whether every kind of decision has somebody who could make it, before an incident asks.

Eligible for a role is a responder of its function, or whoever answers for that function now; for the lead also by the
level that the worst severity asks for. In an incident nobody is kept from deciding by this: it is for the quiet day.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Max

from teams.models import Membership, Rota

from .models import DecisionClass, DecisionRight, IncidentRole, RoleDefinition, Severity


@dataclass(frozen=True)
class RightCover:
    """One class of decisions: the `roles` that hold it, and the `eligible` members, each once and by name."""

    decision_class: DecisionClass
    roles: tuple
    eligible: tuple

    @property
    def is_covered(self):
        return bool(self.eligible)

    @property
    def name(self):
        return self.decision_class.label.partition(":")[0]

    @property
    def about(self):
        return self.decision_class.label.partition(": ")[2]

    @property
    def missing(self):
        """What is wrong, in a sentence; empty where nothing is."""
        if self.is_covered:
            return ""
        if not self.roles:
            return "No role holds this right."
        names = " or ".join(role.label for role in self.roles)
        functions = " or ".join(dict.fromkeys(str(role.function) for role in self.roles if role.function))
        levels = " who may lead at every severity" if any(_is_lead(role) for role in self.roles) else ""
        return f"Nobody could be {names}: no responder is in {functions or 'the organisation'}{levels}."


def cover():
    """A `RightCover` for every class of decisions; five queries."""
    defined = {role.slug: role for role in RoleDefinition.objects.in_order().select_related("function")}
    holding = defaultdict(list)
    for right in DecisionRight.objects.order_by("pk"):
        if right.role in defined:
            holding[right.decision_class].append(defined[right.role])
    members = [each for each in Membership.objects.active().with_people().in_order() if each.is_responder]
    on_call = set(Rota.objects.values_list("function", "on_call"))
    level = Severity.objects.aggregate(highest=Max("lead_level"))["highest"] or 0

    def could(member, role):
        if _is_lead(role) and member.lead_level < level:
            return False
        return role.function_id in (None, member.function_id) or (role.function_id, member.pk) in on_call

    return [
        RightCover(
            each,
            tuple(holding[each]),
            tuple(member for member in members if any(could(member, role) for role in holding[each])),
        )
        for each in DecisionClass
    ]


def _is_lead(role):
    return role.slug == IncidentRole.LEAD
