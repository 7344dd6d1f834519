"""Whoever leaves the organisation, or responds no more, wears no hat in any incident afterwards."""

from teams.signals import rights_changed
from teams.tenancy import acting_in

from .models import RoleAssignment


def connect():
    rights_changed.connect(let_go, dispatch_uid="leaving_roles")


def let_go(sender, membership, **kwargs):
    """Sent for every loss of rights; only who can respond no longer has to give anything up."""
    if membership.is_responder:
        return
    with acting_in(membership.organization_id):
        RoleAssignment.let_go(membership)
