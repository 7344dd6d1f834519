"""Guards over hats: who wears which, and which nobody wears."""

from playbooks.models import IncidentRole

from ..models.functions import ENGINEERING, ActivationState
from ..models.obligations import ObligationKind
from .gaps import Breach, Gap


class NoLead:
    """G2: nobody coordinates. That there are never two is the database's business."""

    code = "no_lead"

    def gaps(self, facts):
        if not facts.is_held(IncidentRole.LEAD):
            yield Gap(
                self.code,
                "Nobody leads this incident.",
                facts.vacant_since(IncidentRole.LEAD),
                step="Take the lead, or give it to somebody",
                place="roles/lead/",
            )


class NoCommunicationsLead:
    """G3: functions beside engineering are at work, and nobody speaks to the audiences."""

    code = "no_communications_lead"

    def gaps(self, facts):
        others = [
            each.changed_at
            for each in facts.functions
            if each.state == ActivationState.ENGAGED and each.function.slug != ENGINEERING
        ]
        if others and not facts.is_held(IncidentRole.COMMUNICATIONS_LEAD):
            yield Gap(
                self.code,
                "Several functions are engaged and nobody leads communications.",
                max(min(others), facts.vacant_since(IncidentRole.COMMUNICATIONS_LEAD)),
                waivable=True,
                step="Name a communications lead",
                place="roles/communications_lead/",
            )


class DomainWithoutCoordinator:
    """G6: two or more technical domains are at work, and one of them has nobody who coordinates it."""

    code = "domain_without_coordinator"

    def gaps(self, facts):
        if len(facts.demand.domains) < 2:
            return
        coordinated = {each.domain_id for each in facts.roles if each.role == IncidentRole.TECHNICAL_COORDINATOR}
        for domain in facts.demand.domains:
            if domain.pk not in coordinated:
                yield Gap(
                    self.code,
                    f"Several domains are at work and nobody coordinates {domain.name}.",
                    self._since(facts, domain),
                    waivable=True,
                    subject=domain.slug,
                    step=f"Name a coordinator for {domain.name}",
                    place=f"roles/{IncidentRole.TECHNICAL_COORDINATOR.value}/?domain={domain.slug}",
                )

    @staticmethod
    def _since(facts, domain):
        opened = [each.opened_at for each in facts.streams if each.domain_id == domain.pk and each.state != "done"]
        return min(opened, default=facts.incident.declared_at)


class NoSupportLiaison:
    """G7: customers notice, and nobody brings what they report into the room."""

    code = "no_support_liaison"

    def gaps(self, facts):
        if facts.demand.customer_facing and not facts.is_held(IncidentRole.SUPPORT_LIAISON):
            yield Gap(
                self.code,
                "Customers are affected and support has no liaison here.",
                facts.vacant_since(IncidentRole.SUPPORT_LIAISON),
                waivable=True,
                step="Name a support liaison",
                place=f"roles/{IncidentRole.SUPPORT_LIAISON.value}/",
            )


class LeadBelowQualification:
    """G22: whoever leads has not led anything this bad before, as the organisation sees it."""

    code = "lead_below_qualification"

    def gaps(self, facts):
        lead = facts.holder_of(IncidentRole.LEAD)
        if lead is not None and not is_qualified(lead, facts.incident.severity):
            yield Gap(
                self.code,
                f"{lead.name} leads, and {_too_low(lead, facts.incident.severity)}",
                facts.lead_since,
                waivable=True,
                subject=str(lead.pk),
                step="Give the lead to somebody who has led at this severity",
                place="roles/lead/",
            )


class LongDuty:
    """G23: somebody has worn a heavy hat for hours without a hand-over."""

    code = "long_duty"

    def gaps(self, facts):
        worn = {each.pk: each for each in facts.roles}
        for clock in facts.clocks:
            hat = worn.get(clock.subject) if clock.kind == ObligationKind.LONG_DUTY else None
            if hat is not None and clock.due_at <= facts.now:
                yield Gap(
                    self.code,
                    f"{hat.membership.name} has been {hat.label} for more than {_duration(clock.interval_minutes)}.",
                    clock.due_at,
                    waivable=True,
                    subject=str(hat.pk),
                    owner_role=hat.role,
                    step="Hand over",
                    place=f"handover/?role={hat.role}" + (f"&domain={hat.domain.slug}" if hat.domain else ""),
                )


# Gaps that are a role which nobody wears.
VACANCIES = {each.code for each in (NoLead, NoCommunicationsLead, DomainWithoutCoordinator, NoSupportLiaison)}


def qualification_breach(definition, member, severity):
    """A `Breach` where this member would lead something worse than they are meant to; else None."""
    if definition.slug != IncidentRole.LEAD or is_qualified(member, severity):
        return None
    sentence = f"{member.name} is not meant to lead at {severity.name}: {_too_low(member, severity)}"
    return Breach(LeadBelowQualification.code, f"{sentence} Say why to do it anyway.", str(member.pk))


def is_qualified(member, severity):
    return member.lead_level >= severity.lead_level


def _too_low(member, severity):
    return f"{severity.name} wants somebody of level {severity.lead_level}; theirs is {member.lead_level}."


def _duration(minutes):
    hours, rest = divmod(minutes, 60)
    words = [f"{hours} hour{'s' if hours > 1 else ''}"] if hours else []
    return " ".join([*words, *([f"{rest} minutes"] if rest else [])])
