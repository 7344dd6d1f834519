"""What a word names. It names one thing, or the sentence says what it could have named."""

from django.utils.text import slugify

from teams.models import Membership

from .outcomes import Unclear

LISTED = 8


def one_named(word, things, *, what, aliases=None):
    """The one of `{slug: thing}` that has this slug, or alone begins with the word; an alias stands for a slug."""
    wanted = _plain((aliases or {}).get(word.lower(), word))
    near = [name for name in things if wanted and _plain(name).startswith(wanted)]
    exact = [name for name in near if _plain(name) == wanted]
    if len(exact or near) == 1:
        return things[(exact or near)[0]]
    if near:
        raise Unclear(f"“{word}” may be {listed(near)}. Write more of it.")
    raise Unclear(f"There is no {what} “{word}”. There {'is' if len(things) == 1 else 'are'}: {listed(things)}.")


def member_named(name, incident):
    """The member whose address begins with this name, or who is called so; their whole address always does."""
    wanted = name.lower().rstrip(".,:;")
    members = list(Membership.objects.active().with_people().in_order())
    for is_called in (_has_address, _has_local_part, _has_name):
        found = [each for each in members if is_called(each, wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise Unclear(f"@{wanted} may be {_people(found)}. Write the whole address after the @.")
    near = [each for each in members if wanted[:2] and each.email.startswith(wanted[:2])]
    here = set(incident.participants.current().values_list("membership", flat=True))
    offered = near or [each for each in members if each.pk in here]
    raise Unclear(f"Nobody here is called @{wanted}. There {'is' if len(offered) == 1 else 'are'}: {_people(offered)}.")


def listed(names):
    """Some names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more if names else "none"


def _plain(name):
    """However somebody writes it: without capitals, and with one kind of dash."""
    return slugify(str(name).replace("_", "-"))


def _has_address(member, wanted):
    return member.email.lower() == wanted


def _has_local_part(member, wanted):
    return _local_part(member) == wanted


def _has_name(member, wanted):
    """By their first name, or by the whole of it without its spaces."""
    words = member.name.lower().split()
    return wanted in (*words[:1], "".join(words), ".".join(words), "-".join(words))


def _people(members):
    """Each as one would write them: where two have the same local part, with the whole address."""
    locals_ = [_local_part(each) for each in members]
    twins = {each for each in locals_ if locals_.count(each) > 1}
    return listed(
        f"@{each.email if _local_part(each) in twins else _local_part(each)} ({each.name})"
        for each in sorted(members, key=lambda each: each.email)
    )


def _local_part(member):
    return member.email.partition("@")[0].lower()
