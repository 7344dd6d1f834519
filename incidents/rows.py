"""The rows that rooms are made of, read at once for as many incidents as somebody looks at."""

from collections import defaultdict
from functools import cached_property

from django.db.models import Exists
from django.utils import timezone

from playbooks.models import RoleDefinition

from .demand import domains_at_work
from .deputies import on_call_for_the_lead
from .guards.updates import OFTEN, NothingNew
from .models import (
    Ask,
    ChangeIntent,
    Commitment,
    Decision,
    Finding,
    FunctionActivation,
    GuardWaiver,
    Handover,
    Impact,
    Incident,
    IncidentInvitation,
    Obligation,
    Participant,
    Question,
    ReinforcementRequest,
    ResolutionEstimate,
    RoleAssignment,
    Spike,
    StatusUpdate,
    Symptom,
    SynthesisDelegation,
    SynthesisEditing,
    Task,
    UpdateChallenge,
    UpdateDraft,
)
from .models.obligations import ObligationKind
from .models.roles import RoleState
from .models.symptoms import NEW_FOR
from .rights import Bench


class Rows:
    """What one member may know of some incidents.

    Each kind is read when it is first asked for, in as many queries for many incidents as for one, and is
    `{primary key of the incident: [row, …]}`. What stands behind a clock is read only where such a clock runs, and what
    is seldom there only where one question about all of it has found some.
    """

    def __init__(self, incidents, viewer, *, now=None):
        self.viewer = viewer
        self.now = now or timezone.now()
        self.bench = Bench()
        self._incidents = {each.pk: each for each in incidents}

    # --- What nearly every incident has ------------------------------------------------------------

    @cached_property
    def owed(self):
        """Everything with a time that somebody has to keep."""
        return self._by_incident(Obligation.objects.live())

    @cached_property
    def hats(self):
        """Every interval of every hat, the first one first."""
        return self._by_incident(RoleAssignment.objects.with_people().order_by("pk"))

    @cached_property
    def activations(self):
        """Every function that was called for, or dealt with."""
        return self._by_incident(FunctionActivation.objects.with_functions())

    @cached_property
    def domains(self):
        """The technical domains at work."""
        return domains_at_work(self._incidents)

    # --- What stands behind a clock ----------------------------------------------------------------

    @cached_property
    def invitations(self):
        """Those that nobody has answered yet."""
        return self._owed_about(ObligationKind.INVITATION, IncidentInvitation.objects.waiting().with_people())

    @cached_property
    def reinforcements(self):
        """Those about people whom the viewer manages."""
        asked = ReinforcementRequest.objects.asked().answered_by(self.viewer).with_people()
        return self._owed_about(ObligationKind.REINFORCEMENT, asked.in_order())

    @cached_property
    def raised_findings(self):
        """Those that nobody has answered."""
        raised = Finding.objects.raised().visible_to(self.viewer).in_order()
        return self._owed_about(ObligationKind.FINDING, raised)

    @cached_property
    def findings_to_reply(self):
        """Those about which the viewer was asked for more."""
        return self._owed_about(ObligationKind.REPLY, Finding.objects.in_order(), by_viewer=True)

    @cached_property
    def questions(self):
        """Those that wait for somebody's own words."""
        asked = Question.objects.to_be_answered().with_people().in_order()
        return self._owed_about(ObligationKind.QUESTION, asked)

    @cached_property
    def asks(self):
        """Those that the viewer has to answer."""
        return self._owed_about(ObligationKind.ASK, Ask.objects.open().in_order(), by_viewer=True)

    @cached_property
    def promised_tasks(self):
        """Those that somebody has promised a time for."""
        tasks = Task.objects.open().visible_to(self.viewer).with_people().in_order()
        return self._owed_about(ObligationKind.TASK, tasks)

    @cached_property
    def changes(self):
        """Those that are still to come or under way."""
        live = ChangeIntent.objects.live().visible_to(self.viewer).for_reading().in_order()
        return self._owed_about(ObligationKind.CHANGE, live)

    @cached_property
    def challenges(self):
        """What somebody holds against an update."""
        return self._owed_about(ObligationKind.CHALLENGE, UpdateChallenge.objects.with_people().in_order())

    @cached_property
    def handovers(self):
        """Those to the viewer that wait for their word; a hat says that it is being handed over."""
        if not any(hat.state == RoleState.HANDING_OVER for hats in self.hats.values() for hat in hats):
            return defaultdict(list)
        return self._by_incident(Handover.objects.open().with_people().filter(to=self.viewer))

    # --- What is seldom there ----------------------------------------------------------------------

    @cached_property
    def decisions(self):
        """Those that wait for a choice, or for the yes of whose it was."""
        found = self._where_any("decisions")
        return self._by_incident(found.visible_to(self.viewer).for_reading().order_by("number"))

    @cached_property
    def drafts(self):
        """Those that wait to be confirmed."""
        return self._by_incident(self._where_any("drafts").with_confirmation().order_by("proposed_at"))

    @cached_property
    def spikes(self):
        return self._by_incident(self._where_any("spikes").select_related("severity").order_by("pk"))

    @cached_property
    def new_symptoms(self):
        return self._by_incident(self._where_any("symptoms").in_order())

    @cached_property
    def estimates(self):
        """Those that somebody proposed."""
        found = self._where_any("estimates")
        return self._by_incident(found.visible_to(self.viewer).with_people().latest_first())

    @cached_property
    def impacts(self):
        """Those that somebody proposed."""
        return self._by_incident(self._where_any("impacts").with_people().in_order())

    @cached_property
    def commitments(self):
        """Those that nobody who can judge them has confirmed."""
        return self._by_incident(self._where_any("commitments").with_people().soonest_first())

    @cached_property
    def delegations(self):
        """Who says what is known in the lead's place now."""
        return self._by_incident(self._where_any("delegations").with_people())

    @cached_property
    def editings(self):
        """Who is writing what is known right now."""
        return self._by_incident(self._where_any("editings").select_related("editor__person"))

    @cached_property
    def repeated(self):
        """What an audience heard last, where it keeps hearing that nothing has changed and nobody said why."""
        found = self._by_incident(self._where_any("repeated").order_by("audience"))
        if not found:
            return found
        waived = set(GuardWaiver.objects.filter(guard=NothingNew.code).values_list("incident_id", "subject"))
        return {
            pk: [each for each in updates if (pk, NothingNew.subject(each)) not in waived]
            for pk, updates in found.items()
        }

    # --- Rights ------------------------------------------------------------------------------------

    @cached_property
    def definitions(self):
        """The organisation's roles, a list."""
        return list(RoleDefinition.objects.in_order())

    @cached_property
    def on_call_for_the_lead(self):
        """Memberships, a list."""
        return on_call_for_the_lead()

    @cached_property
    def only_read(self):
        """Primary keys of the incidents that the viewer observes or follows."""
        own = Participant.objects.reading().filter(membership=self.viewer, incident__in=self._incidents)
        return set(own.values_list("incident_id", flat=True))

    # --- Inside ------------------------------------------------------------------------------------

    @cached_property
    def _seldom(self):
        return {
            "decisions": Decision.objects.waiting(),
            "drafts": UpdateDraft.objects.to_be_confirmed(),
            "spikes": Spike.objects.proposed(),
            "symptoms": Symptom.objects.current().filter(named_at__gt=self.now - NEW_FOR),
            "estimates": ResolutionEstimate.objects.proposed(),
            "impacts": Impact.objects.proposed(),
            "commitments": Commitment.objects.unconfirmed(),
            "repeated": StatusUpdate.objects.repeated(OFTEN),
            "delegations": SynthesisDelegation.objects.in_force(self.now),
            "editings": SynthesisEditing.objects.at_work(self.now),
        }

    @cached_property
    def _found(self):
        """The names of what there is any of, in whichever of the incidents."""
        there = [Exists(rows.filter(incident__in=self._incidents)) for rows in self._seldom.values()]
        found = Incident.objects.filter(pk__in=self._incidents).values_list(*there).first() or ()
        return {name for name, some in zip(self._seldom, found, strict=False) if some}

    def _where_any(self, name):
        """The rows of this name to be read; none where there is none, which takes no query."""
        return self._seldom[name] if name in self._found else self._seldom[name].none()

    def _owed_about(self, kind, rows, *, by_viewer=False):
        """Those rows whose clock runs; `by_viewer`: only where the viewer owes it by name."""
        subjects = [
            each.subject
            for owed in self.owed.values()
            for each in owed
            if each.kind == kind and (not by_viewer or each.owner_id == self.viewer.pk)
        ]
        return self._by_incident(rows.filter(pk__in=subjects)) if subjects else defaultdict(list)

    def _by_incident(self, rows):
        found = defaultdict(list)
        for each in rows.filter(incident__in=self._incidents):
            each.incident = self._incidents[each.incident_id]
            found[each.incident_id].append(each)
        return found
