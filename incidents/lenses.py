"""Lenses: one room for everybody, and for each kind of person its panels in the order of their own questions.

A lens moves panels and opens folded ones. It gives no right and hides nothing: whatever it does not name follows in its
usual place. What somebody may see is decided where panels are drawn, and is the same through every lens.
"""

from dataclasses import dataclass, field

from playbooks.models import IncidentRole

# Where every panel stands unless a lens puts it elsewhere. On a phone it is the same order, tab by tab.
USUAL = {
    "left": ("roles", "functions", "lines", "changes", "people"),
    "main": (
        "synthesis", "needs", "gaps", "catch_up_offer", "summary", "conversation", "timeline", "decisions", "findings",
    ),
    "right": (
        "facts", "updates", "drafts", "reports", "questions", "tasks", "theories", "alerts", "documents",
    ),
}  # fmt: skip
# What stakeholders may read; the rest belongs to those who work in the incident.
FOR_EVERYBODY = frozenset(
    {"functions", "people", "catch_up_offer", "summary", "timeline", "facts", "updates", "questions"}
)


@dataclass(frozen=True)
class Lens:
    """What comes first in each column, which folded parts are `open`, and which thread where none was asked for.

    The conversation and the timeline share a row of tabs: they stay in the middle, one after the other.
    """

    slug: str
    label: str
    left: tuple = ()
    main: tuple = ()
    right: tuple = ()
    open: frozenset = field(default=frozenset())
    stream: str = ""

    @property
    def columns(self):
        """`{column: names of all its panels}`; every panel stands in exactly one of them."""
        named = {*self.left, *self.main, *self.right}
        return {
            column: (*getattr(self, column), *(panel for panel in panels if panel not in named))
            for column, panels in USUAL.items()
        }


# The questions behind each order are in docs/room.md; a test measures that the answers need no scrolling.
LENSES = {
    lens.slug: lens
    for lens in (
        Lens("lead", "Incident lead", right=("lines", "updates")),
        Lens(
            "tech",
            "Technical",
            left=("changes", "roles", "lines"),
            main=("needs", "conversation", "timeline", "findings", "synthesis"),
            right=("theories", "tasks"),
            open=frozenset({"ruled_out"}),
        ),
        Lens("comms", "Communications", right=("drafts", "questions", "updates")),
        Lens(
            "support",
            "Support",
            main=("reports", "needs", "synthesis"),
            right=("questions", "updates"),
            open=frozenset({"support_brief"}),
        ),
        Lens("product", "Product", main=("facts", "decisions", "needs", "synthesis"), right=("updates",)),
        Lens("exec", "Executive", main=("needs", "reports", "synthesis", "decisions"), right=("questions", "facts")),
        Lens(
            "observer",
            "Observer",
            main=("catch_up_offer", "summary", "conversation", "timeline", "synthesis"),
            right=("questions", "functions"),
            stream="timeline",
        ),
    )
}
# Of several roles, the first one here is the one that somebody looks with.
OF_ROLE = {
    IncidentRole.LEAD: "lead",
    IncidentRole.COMMUNICATIONS_LEAD: "comms",
    IncidentRole.SUPPORT_LIAISON: "support",
    IncidentRole.PRODUCT: "product",
    IncidentRole.TECHNICAL_COORDINATOR: "tech",
    IncidentRole.EXECUTIVE: "exec",
    IncidentRole.RESPONDER: "tech",
    IncidentRole.OBSERVER: "observer",
}
OF_FUNCTION = {
    "engineering": "tech",
    "communications": "comms",
    "support": "support",
    "product": "product",
    "leadership": "exec",
}


def lens_of(room, asked=""):
    """The lens that was asked for, or else the one that the viewer chose here, or else that of their role.

    A name that no lens has counts for nothing.
    """
    row = room.crowd.row_of_viewer
    return LENSES.get(asked) or LENSES.get(row.lens if row else "") or lens_of_role(room)


def lens_of_role(room):
    """By the viewer's hat; else what they read along with, work on, or belong to."""
    own = {each.role: each for each in room.held if each.membership_id == room.viewer.pk}
    known = next((slug for role, slug in OF_ROLE.items() if role in own), None)
    if known is None and any(each.definition.technical for each in own.values()):
        known = "tech"
    return LENSES[known or _lens_without_hat(room)]


def _lens_without_hat(room):
    part, function = room.own_participation, room.viewer.function
    if part is not None and not part.is_active and room.responds:
        return "observer"
    if not room.responds:
        return "exec" if function and function.slug == "leadership" else "observer"
    return OF_FUNCTION.get(function.slug if function else "", "tech" if part else "observer")


def panels_of(room):
    """`{column: templates}` of the panels that the viewer has, in the order of their lens."""
    return {
        column: [f"incidents/_{panel}.html" for panel in panels if _is_there(panel, room)]
        for column, panels in room.lens.columns.items()
    }


def _is_there(panel, room):
    """The only panels that come and go are for newcomers, and for those who read the summary and not what we know."""
    if panel == "catch_up_offer":
        return room.catch_up.is_due
    if panel == "summary":
        return bool(room.incident.summary) and not room.responds
    return room.responds or panel in FOR_EVERYBODY
