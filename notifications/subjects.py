"""Tables by kind of entry, each written down subject by subject and put together here.

Whoever puts one together names its subjects, so that nothing depends on what happened to be imported. A table in which
a kind that notifies is missing, or stands twice, is refused as soon as it is read.
"""

from django.core.exceptions import ImproperlyConfigured

from incidents import kinds

# Routing is asked, and tells nobody: what an assessment brings about is told by itself.
UNTOLD = frozenset({kinds.ASSESSED.name})


def together(*subjects):
    table = {}
    for subject in subjects:
        if twice := sorted(table.keys() & subject.keys()):
            raise ImproperlyConfigured(f"These kinds stand in two subjects: {', '.join(twice)}.")
        table |= subject
    notifying = {kind.name for kind in kinds.all_kinds() if kind.notifies}
    if missing := sorted(notifying - UNTOLD - table.keys()):
        raise ImproperlyConfigured(f"These kinds stand in no subject: {', '.join(missing)}.")
    return table
