"""What tests arrange: plain functions that call the product's real verbs."""

from incidents.mobilization import declare
from incidents.models import Message, Workstream
from playbooks.models import Severity


def declare_incident(by=None, title="Checkout fails for some customers", *, severity=None, **fields):
    """An incident in the active organisation; `severity` is a slug."""
    if severity is not None:
        fields["severity"] = Severity.objects.get(slug=severity)
    return declare(title, by=by, **fields)


def open_workstream(incident, title="Roll back the gateway", *, by=None, **fields):
    return Workstream.open(incident, title, by=by, **fields).workstream


def post_message(incident, text="Draining will take eight minutes.", *, by, workstream=None, key=None):
    """The message itself, in the incident's first workstream unless another is given."""
    workstream = workstream or incident.workstreams.in_order().first()
    return Message.post(workstream, text, by=by, key=key).messages.get()
