"""What waits for one member in one incident, the most pressing kinds first, each with what they can do about it."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.text import Truncator

from playbooks.models import IncidentRole

from .. import authority
from ..duties import ADMINISTRATORS
from ..models.functions import ActivationState
from ..models.obligations import ObligationKind
from ..models.roles import RoleState

AWAITED = (ActivationState.REQUIRED, ActivationState.REQUESTED)
# A task with a time needs its owner from then on.
SOON = timedelta(minutes=10)
LONGEST_SENTENCE = 120
# So many vacant roles stand one by one.
FEW = 2


@dataclass(frozen=True)
class Act:
    """One way to answer a need: the word on the button, and where it leads below the incident's own address.

    It `posts` at once, with a `value` where one is asked for; or else opens a form in the dialog, or as a `page`.
    """

    word: str
    place: str
    posts: bool = False
    value: tuple = ()
    page: bool = False
    anchor: str = ""


@dataclass(frozen=True)
class Need:
    """One thing that waits for the viewer. `slug` says which of its `kind`; together they name its controls."""

    kind: str
    slug: str
    sentence: str
    state: str = ""
    due_at: object = None
    acts: tuple = field(default=())

    @property
    def anchor(self):
        return "-".join(filter(None, (self.kind, self.slug))).replace("_", "-")


def needs_of(room):
    """The `Need`s of the room's viewer; none for whoever only reads, and none once the incident is over."""
    if not (room.responds and room.incident.is_open):
        return
    for look in LOOKS:
        yield from look(room)


def _invitations(room):
    for invitation in room.rows.invitations[room.incident.pk]:
        if invitation.membership_id == room.viewer.pk:
            wanted = f" for {invitation.wanted_for}" if invitation.wanted_for else ""
            by = f" by {invitation.invited_by.name}" if invitation.invited_by else ""
            reason = f": {invitation.reason}" if invitation.reason else ""
            place = f"invitations/{invitation.pk}"
            acts = (Act("Accept", f"{place}/acceptance/", posts=True), Act("Decline", f"{place}/refusal/", anchor="no"))
            sentence = f"You are invited{wanted}{by}{reason}"
            yield Need("invitation", str(invitation.pk), sentence, due_at=invitation.expires_at, acts=acts)


def _reinforcements(room):
    """People whom the viewer manages and who are asked for."""
    for each in room.rows.reinforcements[room.incident.pk]:
        act = Act("Answer", f"reinforcements/{each.pk}/answer/")
        yield _about(room, each, "reinforcement", f"{each.member.name}: {each.purpose}", each.answer_by, act)


def _roles_in_question(room):
    """Hats that wait for the viewer's own word; and for whoever leads, hands that are raised."""
    for each in room.roles.assignments:
        own, place = each.membership_id == room.viewer.pk, f"roles/{each.role}/"
        if own and each.state in (RoleState.ASKED, RoleState.OFFERED):
            act = Act("Answer", f"{place}answer/{each.query}")
            yield Need("answer", each.anchor, f"You are asked to be {each.label}", acts=(act,))
        elif each.state == RoleState.VOLUNTEERED and room.coordinates and not own:
            act = Act("Give it", place + each.query, posts=True, value=("member", each.membership_id))
            yield Need("hand", each.anchor, f"{each.membership.name} would be {each.label}", acts=(act,))
    for each in room.rows.handovers[room.incident.pk]:
        hat = each.assignment
        domain = f"&domain={hat.domain.slug}" if hat.domain else ""
        act = Act("Read it", f"handover/?role={hat.role}{domain}", page=True)
        yield Need("handover", hat.anchor, f"{hat.membership.name} hands over to you: {hat.label}", acts=(act,))


def _decisions(room):
    for card in room.decisions.for_viewer:
        decision = card.decision
        if card.may_ratify:
            words = f"Say yes or no to {decision}: {decision.choice}"
        else:
            words = f"Decide {decision}" if card.may_decide else f"{decision} waits for the {card.asked}"
        due_at = decision.needed_by if decision.is_open else None
        act = Act("Look at it", f"decisions/{decision.number}/", page=True)
        yield Need("decision", str(decision.number), words, _lateness(room, due_at), due_at, (act,))


def _clocks(room):
    for obligation in room.obligations:
        if obligation.warn_at > room.now or not _concerns_viewer(room, obligation):
            continue
        state, due_at = _lateness(room, obligation.due_at), obligation.due_at
        if obligation.kind == ObligationKind.ASSESSMENT:
            act = Act("Assess", "assessment/")
            yield Need("assessment", "", "Judge severity and scope", state, due_at, (act,))
        else:
            act = Act("Write it", f"drafts/{obligation.audience}/", page=True)
            sentence = f"Update for {obligation.get_audience_display()}"
            yield Need("clock", obligation.audience, sentence, state, due_at, (act,))


def _concerns_viewer(room, obligation):
    """Whether the viewer is told of it at its present step, or stands in for an owner that is missing."""
    told = set(obligation.told)
    if ADMINISTRATORS in told and room.viewer.is_administrator:
        return True
    if obligation.owner_role not in room.holders:
        told.add(str(IncidentRole.LEAD))
    return bool(told & {str(role) for role in room.own_roles})


def _vacant_roles(room):
    """Whom a vacancy waits for: whoever leads, to give it; the role's own function, to take it; a lead, for anybody."""
    vacant = room.roles.vacant
    if IncidentRole.LEAD in room.own_roles:
        yield from _to_be_given(vacant)
        return
    for row in vacant:
        if row.slug == IncidentRole.LEAD or row.definition.function_id in (None, room.viewer.function_id):
            act = Act("I take it", f"roles/{row.slug}/{row.query}", posts=True)
            yield Need("role", row.anchor, f"Nobody is {row.label}", "empty", acts=(act,))


def _to_be_given(vacant):
    """Many at once are one line, because the board of gaps has one for each."""
    if len(vacant) > FEW:
        names = ", ".join(row.label for row in vacant)
        sentence = Truncator(f"{len(vacant)} roles are unfilled: {names}").chars(LONGEST_SENTENCE)
        yield Need("role", "vacant", sentence, "empty", acts=(Act("Fill them", "gaps/", page=True),))
        return
    for row in vacant:
        act = Act("Give it to somebody", f"roles/{row.slug}/{row.query}")
        yield Need("role", row.anchor, f"Nobody is {row.label}", "empty", acts=(act,))


def _functions(room):
    for activation in room.activations:
        if activation.state in AWAITED and activation.function_id == room.viewer.function_id:
            slug = activation.function.slug
            act = Act("We are on it", f"functions/{slug}/", posts=True, value=("state", ActivationState.ENGAGED))
            yield Need("function", slug, f"{activation.function} is asked for: {activation.rule}", acts=(act,))


def _findings(room):
    """For whoever leads, and for a deputy what has climbed to them; for its author what was asked about one."""
    climbed = [each for each in room.owed if each.kind == ObligationKind.FINDING]
    if IncidentRole.LEAD in room.own_roles or any(room.synthesis.stands_in(each) for each in climbed):
        for finding in room.rows.raised_findings[room.incident.pk]:
            if room.findings.may_hear(finding):
                act = Act("Acknowledge", f"findings/{finding.pk}/", posts=True)
                yield _about(room, finding, "finding", finding.condition, finding.acknowledge_by, act)
    owed = {each.subject: each for each in room.owed if each.kind == ObligationKind.REPLY}
    for finding in room.rows.findings_to_reply[room.incident.pk]:
        act = Act("Reply", f"findings/{finding.pk}/reply/")
        words = f"{finding.get_state_display().lower()}: {finding.condition}"
        yield _about(room, finding, "reply", words, owed[finding.pk].due_at, act)


def _synthesis(room):
    """What we know has grown old: for the lead, whom they named, and deputies once it has climbed."""
    board = room.synthesis
    if board.is_old and (IncidentRole.LEAD in room.own_roles or board.stands_in(board.clock)):
        sentence = "Say what we know: more was found since"
        act = Act("Write it", "synthesis/new/", page=True)
        yield Need("synthesis", "", sentence, _lateness(room, board.clock.due_at), board.clock.due_at, (act,))


def _spikes(room):
    """More customers write than usual: for whoever leads or listens, until somebody says yes or no."""
    if not ({IncidentRole.LEAD, IncidentRole.SUPPORT_LIAISON} & room.own_roles):
        return
    if spike := room.reports.spike:
        words = f"{spike.sentence}: raise it to {spike.severity.name}?"
        acts = (Act("Answer", f"reports/#spike-{spike.pk}", page=True),)
        yield Need("spike", str(spike.pk), words, acts=acts)


def _new_symptoms(room):
    if IncidentRole.LEAD in room.own_roles:
        for symptom in room.rows.new_symptoms[room.incident.pk]:
            act = Act("Look at it", f"symptoms/{symptom.pk}/", page=True)
            yield Need("symptom", str(symptom.pk), f"New symptom {symptom.key}: {symptom.title}", acts=(act,))


def _questions(room):
    own = room.own_roles & set(authority.ANSWERING)
    if not own:
        return
    for question in room.rows.questions[room.incident.pk]:
        if question.owner_role in own or (question.owner_role not in room.holders and IncidentRole.LEAD in own):
            act = Act("Answer", f"questions/{question.pk}/")
            yield _about(room, question, "question", question.text, question.answer_by, act)


def _drafts(room):
    for draft in room.rows.drafts[room.incident.pk]:
        if draft.may_confirm(room.viewer, room=room):
            due_at = next((each.due_at for each in room.obligations if each.audience == draft.audience), None)
            act = Act("Read and confirm it", f"drafts/{draft.audience}/", page=True)
            sentence = f"The draft to {draft.get_audience_display().lower()} waits to be confirmed"
            yield Need("draft", draft.audience, sentence, _lateness(room, due_at), due_at, (act,))


def _challenges(room):
    """What somebody holds against an update: for whoever speaks for the incident, then as it climbs."""
    clocks = {each.subject: each for each in room.owed if each.kind == ObligationKind.CHALLENGE}
    for challenge in room.rows.challenges[room.incident.pk]:
        clock, update = clocks[challenge.pk], challenge.update
        if _concerns_viewer(room, clock):
            act = Act("Answer", f"challenges/{challenge.pk}/")
            words = (
                f"Update {update.number} to {update.get_audience_display().lower()} is challenged: {challenge.reason}"
            )
            sentence, state = Truncator(words).chars(LONGEST_SENTENCE), _lateness(room, clock.due_at)
            yield Need("challenge", str(challenge.pk), sentence, state, clock.due_at, (act,))


def _unchanged(room):
    """An audience keeps hearing that nothing has changed: for whoever leads, unless somebody said why that is so."""
    if IncidentRole.LEAD not in room.own_roles:
        return
    for update in room.rows.repeated.get(room.incident.pk, ()):
        act = Act("See what can be told", f"drafts/{update.audience}/", page=True)
        heard = f"heard {update.unchanged_times} times in a row that nothing has changed"
        yield Need("unchanged", update.audience, f"{update.get_audience_display()} {heard}", acts=(act,))


def _asks(room):
    for ask in room.rows.asks[room.incident.pk]:
        act = Act("Answer", f"asks/{ask.pk}/")
        yield _about(room, ask, "ask", ask.text, ask.needed_by, act)


def _tasks(room):
    for task in room.rows.promised_tasks[room.incident.pk]:
        if task.due_at <= room.now + SOON and task.owner_among(room.held) == room.viewer:
            act = Act("Done", f"tasks/{task.pk}/completion/", posts=True)
            yield _about(room, task, "task", task.text, task.due_at, act)


def _changes(room):
    for sentence, change, late, act in room.changes.waiting_for_viewer:
        acts = (Act(act.word, f"changes/{change.pk}/{act.place}/", posts=act.posts),)
        due_at = change.until if late else None
        yield Need("change", str(change.pk), sentence, "late" if late else "", due_at, acts)


def _facts(room):
    for kind, pk, sentence, due_at, acts in room.facts.waiting_for_viewer:
        buttons = tuple(Act(act.word, f"{kind}s/{pk}/{act.place}/", posts=act.posts) for act in acts)
        yield Need(kind, str(pk), Truncator(sentence).chars(LONGEST_SENTENCE), _lateness(room, due_at), due_at, buttons)


def _about(room, subject, kind, words, due_at, act):
    sentence = Truncator(f"{subject.label} {words}").chars(LONGEST_SENTENCE).rstrip(".")
    return Need(kind, str(subject.pk), sentence, _lateness(room, due_at), due_at, (act,))


def _lateness(room, due_at):
    return "late" if due_at is not None and due_at <= room.now else ""


LOOKS = (
    _invitations, _reinforcements, _roles_in_question, _decisions, _clocks, _vacant_roles, _functions, _findings,
    _synthesis, _challenges, _drafts, _unchanged, _spikes, _new_symptoms, _questions, _asks, _tasks, _changes, _facts,
)  # fmt: skip
