"""The eight roles a new organisation starts with, and which of them one person must not hold together."""

from dataclasses import dataclass

from .models import RoleDefinition, RoleExclusion
from .models.authority import IncidentRole
from .models.roles import Occasion, Wanted

FOUR_HOURS = 240


@dataclass(frozen=True)
class Starting:
    """One role as it is seeded; `first` are the tasks its holder begins with."""

    role: IncidentRole
    description: str
    duties: tuple
    must_not: tuple
    instructions: str
    first: tuple
    function: str | None = None
    wanted: Wanted = Wanted.ON_DEMAND
    single: bool = True
    per_domain: bool = False
    technical: bool = False
    duty_minutes: int | None = None

    @property
    def card(self):
        tasks = "\n".join(f"{number}. {task}" for number, task in enumerate(self.first, start=1))
        return f"{self.instructions}\n\n**First**\n\n{tasks}\n"


ROLES = (
    Starting(
        IncidentRole.LEAD,
        "Runs the response: who does what, in which order, until it is over.",
        ("Judge severity and reach in the first five minutes", "Bring in the functions that are needed, and no more",
         "Decide what is fixed first and what is rolled back", "Keep one picture of what is known",
         "Hand over before you are tired"),
        ("Debug", "Write to customers", "Let two people decide the same thing"),
        "You run the response; you do not repair it. Ask for findings instead of looking yourself, and say out loud "
        "what you decide. If you notice that you are reading logs, give the lead away.",
        ("Judge severity and how far it reaches", "Name a communications lead and the coordinators",
         "Say what happens next, and when you will look again"),
        function="engineering", wanted=Wanted.ALWAYS, duty_minutes=FOUR_HOURS,
    ),
    Starting(
        IncidentRole.COMMUNICATIONS_LEAD,
        "Speaks for the incident: every word above the technical tier goes through this role.",
        ("Keep every audience inside its clock", "Turn what the lead knows into plain words for each audience",
         "Collect questions and answer them with the next update", "Correct what turned out wrong, to the same people"),
        ("Investigate or repair anything", "Publish a cause that nobody has confirmed", "Promise a time by yourself"),
        "You write, the lead knows. Take facts from what the lead has confirmed, never from a thread, and keep the "
        "next promise small enough to hold. “Nothing new, next word at 14:30” is an update.",
        ("Publish a first coordination update", "Ask the lead what customers may be told, and what not yet",
         "Tell every audience when it hears next"),
        function="communications", wanted=Wanted.CROSS_FUNCTIONAL, duty_minutes=FOUR_HOURS,
    ),
    Starting(
        IncidentRole.TECHNICAL_COORDINATOR,
        "Decides how one technical domain looks for the cause, and speaks for it.",
        ("Decide how your domain investigates", "Report findings to the lead, with what they mean and what you need",
         "Announce changes before they are made", "Keep the workstreams of your domain moving"),
        ("Decide for another domain", "Change anything while another change to the same service is under way",
         "Write to audiences outside the technical tier"),
        "You decide how your domain looks for the cause; the lead decides what is fixed first. Say what you found, how "
        "sure you are and what you need, before you are asked.",
        ("See who of your domain is here, and open a workstream",
         "Tell the lead what you know and what you look at next", "Say which services of your domain are affected"),
        function="engineering", wanted=Wanted.CROSS_FUNCTIONAL, per_domain=True, technical=True,
        duty_minutes=FOUR_HOURS,
    ),
    Starting(
        IncidentRole.SUPPORT_LIAISON,
        "Brings what customers report into the room, and what agents may say back to support.",
        ("Group reports by what customers see", "Tell the lead who is affected, how many, and what is new",
         "Keep what agents may say up to date", "Hold questions from agents back until there is an answer"),
        ("Ask engineers one by one", "Pass on guesses about the cause", "Promise customers an end"),
        "You are the one voice of support in the room, and of the room in support. Count before you report, and bring "
        "patterns instead of single tickets.",
        ("Report what customers see and how many of them", "Tell agents what they may say, and when there is more",
         "Name the segments that suffer most"),
        function="support", wanted=Wanted.CUSTOMER_FACING,
    ),
    Starting(
        IncidentRole.PRODUCT,
        "Decides what the business needs first: which service comes back before which, feature or fix.",
        ("Rank what is restored first, with a reason", "Say what the impact means for the business",
         "Tell the lead of launches and promises that are at risk"),
        ("Decide how something is repaired", "Promise customers a date that engineering has not confirmed"),
        "You own the order in which things come back, and what it costs the business while they are gone.",
        ("Rank the affected services", "Say what today's business impact is, in one sentence",
         "List promises and launches that this touches"),
        function="product",
    ),
    Starting(
        IncidentRole.EXECUTIVE,
        "Decides what needs the organisation's authority: people, money and risk.",
        ("Decide within the time you are given", "Free people from other commitments when the lead asks",
         "Take the risks that the lead must not take alone"),
        ("Steer the technical work", "Ask responders for status: read the briefing"),
        "You are called when a decision needs more authority than the room has. Answer the question with its deadline; "
        "everything else is in the briefing.",
        ("Read the leadership briefing", "Say how you can be reached within five minutes",
         "Decide what waits for you"),
        function="leadership",
    ),
    Starting(
        IncidentRole.RESPONDER,
        "Works on it: investigates, repairs, checks.",
        ("Work on what the coordinator of your domain asked for", "Write down what you find where others see it",
         "Say when you stop or are stuck"),
        ("Start a change that nobody announced", "Answer audiences yourself"),
        "Do one thing at a time, and say what you do in its workstream.",
        ("Say what you work on", "Look for what others have tried already", "Report what you find, wrong turns too"),
        function="engineering", single=False, technical=True,
    ),
    Starting(
        IncidentRole.OBSERVER,
        "Learns by watching, and works on nothing.",
        ("Read along", "Keep your questions for afterwards, or ask whoever took you along"),
        ("Post in workstreams", "Take tasks"),
        "Watch how the lead asks and decides. Note what you would have done differently; the retrospective wants it.",
        ("Read what is known so far", "See who holds which role", "Note your questions"),
        single=False,
    ),
)  # fmt: skip

LEAD, SPEAKER, COORDINATOR = (
    IncidentRole.LEAD,
    IncidentRole.COMMUNICATIONS_LEAD,
    IncidentRole.TECHNICAL_COORDINATOR,
)
# role, other (None: whatever is technical), when, code, because
EXCLUSIONS = (
    (SPEAKER, None, Occasion.ALWAYS, "communications_also_technical",
     "Whoever speaks for the incident does no technical work: one of the two gets lost."),
    (LEAD, COORDINATOR, Occasion.CROSS_FUNCTIONAL, "lead_also_coordinator",
     "Where several functions work together, whoever leads coordinates no domain."),
    (LEAD, SPEAKER, Occasion.CROSS_FUNCTIONAL, "lead_also_communications",
     "Where several functions work together, one person leads and another one speaks."),
)  # fmt: skip


def seed_roles(functions):
    roles = {}
    for position, each in enumerate(ROLES):
        roles[each.role] = RoleDefinition.objects.create(
            slug=each.role.value,
            name=each.role.label,
            description=each.description,
            position=position,
            duties="\n".join(each.duties),
            must_not="\n".join(each.must_not),
            card=each.card,
            single=each.single,
            per_domain=each.per_domain,
            technical=each.technical,
            wanted=each.wanted,
            function=functions.get(each.function),
            duty_minutes=each.duty_minutes,
            built_in=True,
        )
    for role, other, when, code, because in EXCLUSIONS:
        RoleExclusion.objects.create(role=roles[role], other=roles.get(other), when=when, code=code, because=because)
