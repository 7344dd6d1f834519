"""Who knows what: found by words, service, technical domain, and whether they answer for something now."""

from dataclasses import dataclass

from django.db.models import Prefetch

from .models import Membership, Rota, Service, Team


@dataclass(frozen=True)
class Knower:
    """A responder and why they were found, the best reason first, in words."""

    member: Membership
    reasons: tuple
    on_call: tuple = ()

    @property
    def why(self):
        return ", ".join([*self.reasons, *(f"on call for {each}" for each in self.on_call)])


def search(words="", *, service=None, domain=None, on_call=False):
    """`Knower`s that fit everything asked for, who knows most of it first; four queries.

    A word fits what they say they know, their domain, function and name, their teams, and what those teams own.
    With nothing asked for, nobody is found.
    """
    wanted = words.casefold().split()
    if not (wanted or service or domain or on_call):
        return []
    answering = {}
    for member, function in Rota.objects.order_by("pk").values_list("on_call", "function__name"):
        answering.setdefault(member, []).append(function)
    owning = Prefetch("services", Service.objects.in_order(), to_attr="owned")
    teams = Prefetch("teams", Team.objects.in_order().prefetch_related(owning), to_attr="own_teams")
    found = []
    for member in Membership.objects.active().with_people().prefetch_related(teams).in_order():
        if not member.is_responder or (on_call and member.pk not in answering):
            continue
        reasons = _reasons(member, wanted, service, domain)
        if reasons is not None:
            found.append(Knower(member, tuple(reasons), tuple(answering.get(member.pk, ()))))
    return sorted(found, key=lambda each: (-len(each.reasons), not each.on_call))


def _reasons(member, wanted, service, domain):
    """Why a member fits, or None where something that was asked for does not."""
    reasons = []
    if service:
        if any(service in team.owned for team in member.own_teams):
            reasons.append(f"their team owns {service}")
        elif service.domain_id and service.domain_id == member.domain_id:
            reasons.append(f"knows {member.domain}, where {service} belongs")
        else:
            return None
    if domain:
        if member.domain_id != domain.pk:
            return None
        reasons.append(f"knows {domain}")
    for word in wanted:
        fitting = _fitting(member, word)
        if fitting is None:
            return None
        reasons.append(fitting)
    return list(dict.fromkeys(reasons))


def _fitting(member, word):
    known = [each.strip() for each in member.skills.split(",") if each.strip()]
    says = next((each for each in known if word in each.casefold()), None)
    if says:
        return f"knows {says}"
    if member.domain and word in member.domain.name.casefold():
        return f"knows {member.domain}"
    for team in member.own_teams:
        owned = next((each for each in team.owned if word in each.name.casefold() or word in each.slug), None)
        if owned:
            return f"their team owns {owned}"
        if word in team.name.casefold():
            return f"in {team}"
    if member.function and word in member.function.name.casefold():
        return f"in {member.function}"
    return f"called {member.name}" if word in member.name.casefold() else None
