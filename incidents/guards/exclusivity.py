"""Guards over hats that do not go together: refused when somebody puts on the second, told while both are worn."""

from datetime import timedelta

from django.db.models import Min
from django.utils import timezone

from playbooks.models import IncidentRole, RoleExclusion
from playbooks.models.roles import Occasion

from ..models.messages import Message
from .gaps import Breach, Gap

# Whoever wrote in the workstream of a domain this recently is at work there.
RECENTLY = timedelta(minutes=30)


def clashes(incident, definition, membership):
    """A `Breach` for every rule that the member would break by wearing this hat too; call before anything changes."""
    worn = [each.definition for each in incident.roles.current().with_people().filter(membership=membership)]
    rules = _in_force(RoleExclusion.objects.with_roles(), incident.is_cross_functional)
    busy = hands_on(incident.workstreams.all())
    breaches = {}
    for rule in rules:
        held = next((each for each in worn if rule.is_between(each, definition)), None)
        if held is not None:
            sentence = f"{membership.name} is {held.label}. {_why(rule)} Say why to do it anyway."
        elif rule.other_id is None and rule.role == definition and membership.pk in busy:
            sentence = f"{membership.name} works in a technical workstream. {_why(rule)} Say why to do it anyway."
        else:
            continue
        breaches.setdefault(rule.code, Breach(rule.code, sentence, str(membership.pk)))
    return list(breaches.values())


def hands_on(streams, now=None):
    """`{membership: since}` of whoever owns a workstream of a domain that is not done, or wrote in one of late.

    Restricted workstreams do not count: a gap is no way to learn who works in one.
    """
    technical = [each for each in streams if each.domain_id and each.state != "done" and not each.restricted]
    since = (now or timezone.now()) - RECENTLY
    authors = Message.objects.filter(workstream__in=technical, posted_at__gt=since).exclude(author=None)
    written = authors.order_by().values_list("author").annotate(Min("posted_at"))
    return dict([*written, *((each.owner_id, each.opened_at) for each in technical if each.owner_id)])


class RolesExcludeEachOther:
    """S50: one person wears two hats that the organisation keeps apart."""

    code = "roles_exclude_each_other"
    named_elsewhere = ("communications_also_technical", "lead_also_coordinator")

    def gaps(self, facts):
        told = set()
        for rule in _in_force(facts.exclusions, facts.is_cross_functional):
            if not self.is_about(rule):
                continue
            for member, since, both in self._worn_together(rule, facts):
                if (rule.code, member.pk) not in told:
                    told.add((rule.code, member.pk))
                    yield Gap(
                        rule.code,
                        f"{member.name} {both}. {_why(rule)}",
                        since,
                        waivable=True,
                        subject=str(member.pk),
                        step="Give one of the two to somebody else",
                    )

    def is_about(self, rule):
        return rule.code not in self.named_elsewhere

    @staticmethod
    def _worn_together(rule, facts):
        """`(member, since, in words)` of everybody who breaks the rule now."""
        for one in facts.roles:
            if one.definition_id != rule.role_id:
                continue
            for other in facts.roles:
                if other.membership_id == one.membership_id and rule.is_between(one.definition, other.definition):
                    since = max(one.started_at, other.started_at)
                    yield one.membership, since, f"is {one.label} and {other.label}"
            if rule.other_id is None and one.membership_id in facts.hands_on:
                since = max(one.started_at, facts.hands_on[one.membership_id])
                yield one.membership, since, f"is {one.label} and works in a technical workstream"


class CommunicationsAlsoTechnical(RolesExcludeEachOther):
    """G4: whoever speaks for the incident does technical work too, by a hat or with their own hands."""

    code = "communications_also_technical"

    def is_about(self, rule):
        return rule.code == self.code


class LeadAlsoCoordinator(CommunicationsAlsoTechnical):
    """G5: whoever leads a cross-functional incident coordinates a domain too."""

    code = "lead_also_coordinator"


def is_risky(held):
    """Whether somebody with these hats does what the role board warns of: speaking and something else that is whole."""
    slugs = {each.slug for each in held}
    speaks = IncidentRole.COMMUNICATIONS_LEAD in slugs
    return speaks and (IncidentRole.LEAD in slugs or any(each.technical for each in held))


def _in_force(rules, cross_functional):
    return [rule for rule in rules if rule.when == Occasion.ALWAYS or cross_functional]


def _why(rule):
    return rule.because or f"{rule.role} and {rule.other or 'technical work'} do not go together."
