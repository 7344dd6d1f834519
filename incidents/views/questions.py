"""Questions: asking one, also with words that had no place in a workstream, and answering."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from .. import authority
from ..forms.acts import ActForm
from ..forms.messages import MessageForm
from ..forms.questions import AnswerForm, AskAnswerForm, AskForm, BriefingForm, CoverForm, MergeForm, QuestionForm
from ..guards.streams import BRIEFING
from ..lookups import (
    find_ask,
    find_incident,
    find_question,
    find_suggested_question,
    find_workstream,
    require_responder,
)
from ..models import Ask, Briefing, Question
from .acting import act_form, begun, posted
from .answers import done, nudged
from .messages import composer


@require_http_methods(["GET", "POST"])
def question_new(request, number):
    """Everybody who sees the incident may ask; what is alike is shown once first. `?then=brief` leads back there."""
    incident = find_incident(request, number)
    form = QuestionForm(posted(request), initial=begun(request, "text"))
    alike = form.asks_the_same_as(request.membership, incident) if form.is_valid() else []
    if form.is_valid() and not alike:
        with form.refusals():
            entry = Question.ask(incident, by=request.membership, **form.asked)
            return done(request, entry, to=_from_the_briefing(request, incident))
    then = "?then=brief" if request.GET.get("then") == "brief" else ""
    return act_form(
        request,
        "question_new",
        title="Ask a question",
        incident=incident,
        form=form,
        alike=alike,
        then=then,
        for_everyone=True,
    )


@require_http_methods(["GET", "POST"])
def question(request, number, pk):
    """One question with its answer, and the form for who may give it."""
    incident = find_incident(request, number)
    found = find_question(request, incident, pk)
    asks = list(Ask.objects.visible_to(request.membership, incident).with_people().filter(question=found).in_order())
    may_publish = authority.may_publish(request.membership, incident, found.audience)
    form = AnswerForm(posted(request), may_publish=may_publish, initial={"text": _told_by(asks)})
    if form.is_valid():
        with form.refusals():
            return done(request, _settle(found, by=request.membership, **form.cleaned_data))
    return act_form(
        request,
        "question",
        title=f"Question {found.label}",
        incident=incident,
        question=found,
        form=form,
        asks=asks,
        alike=found.alike(request.membership) if found.is_waiting else [],
        may_answer=found.is_waiting and authority.may_answer(request.membership, incident),
        for_everyone=True,
    )


@require_POST
def question_askers(request, number, pk):
    """Want to know it, too."""
    incident = find_incident(request, number)
    found = find_suggested_question(request, incident, pk)
    form = ActForm(request.POST)
    with form.refusals():
        return done(request, found.join(by=request.membership), to=_from_the_briefing(request, incident))
    title = f"Question {found.label}"
    return act_form(
        request, "question_joining", title=title, incident=incident, question=found, form=form, for_everyone=True
    )


@require_http_methods(["GET", "POST"])
def question_merge(request, number, pk):
    """It asks the same as another one that waits."""
    incident, found = _of_answerer(request, number, pk)
    form = MergeForm(posted(request), question=found, by=request.membership)
    if form.is_valid():
        with form.refusals():
            return done(request, found.merge_into(by=request.membership, **form.cleaned_data))
    title = f"Merge {found.label}"
    return act_form(request, "question_merge", title=title, incident=incident, question=found, form=form)


@require_http_methods(["GET", "POST"])
def question_coverage(request, number, pk):
    """The next update answers it."""
    incident, found = _of_answerer(request, number, pk)
    form = CoverForm(posted(request), initial={"audience": found.audience})
    if form.is_valid():
        with form.refusals():
            return done(request, found.cover(by=request.membership, **form.cleaned_data))
    title = f"Answer {found.label} with the next update"
    return act_form(request, "question_coverage", title=title, incident=incident, question=found, form=form)


@require_http_methods(["GET", "POST"])
def ask_new(request, number, pk):
    """One engineer is asked, in other words."""
    incident, found = _of_answerer(request, number, pk)
    form = AskForm(posted(request), workstreams=incident.workstreams.visible_to(request.membership).in_order())
    if form.is_valid():
        with form.refusals():
            return done(request, Ask.put(found, by=request.membership, **form.put))
    title = f"Ask somebody for {found.label}"
    return act_form(request, "ask_new", title=title, incident=incident, question=found, form=form)


@require_http_methods(["GET", "POST"])
def ask(request, number, pk):
    """What one was asked, and the form for who was asked."""
    incident = find_incident(request, number)
    found = find_ask(request, incident, pk)
    form = AskAnswerForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, found.give_answer(by=request.membership, **form.cleaned_data))
    own = found.is_open and found.addressee == request.membership
    return act_form(request, "ask", title=f"Asked {found.label}", incident=incident, ask=found, form=form, own=own)


@require_http_methods(["GET", "POST"])
def briefing_new(request, number):
    """Leadership was briefed: what waited for it is answered."""
    incident = find_incident(request, number)
    require_responder(request)
    questions = list(incident.questions.for_the_briefing().with_people().in_order())
    form = BriefingForm(posted(request), questions=questions)
    if form.is_valid():
        with form.refusals():
            return done(request, Briefing.hold(incident, by=request.membership, **form.held))
    times = Briefing.times_ahead(incident)
    return act_form(request, "briefing_new", title="Brief leadership", incident=incident, form=form, times=times)


@require_POST
def unsaid(request, number, pk):
    """What somebody was not let to say in this workstream, asked as a question, or for the next briefing."""
    incident = find_incident(request, number)
    workstream = find_workstream(request, incident, pk)
    form = MessageForm(request.POST)
    if form.is_valid():
        with form.refusals():
            for_briefing = request.POST.get("offer") == BRIEFING
            entry = Question.ask(incident, by=request.membership, for_briefing=for_briefing, **form.cleaned_data)
            if not request.htmx:
                return redirect(f"{incident.get_absolute_url()}#questions")
            asked = {"incident": incident, "workstream": workstream, "form": MessageForm(), "asked": entry.details}
            return nudged(render(request, "incidents/_composer.html", asked), entry)
    return composer(request, form, incident=incident, workstream=workstream)


def _from_the_briefing(request, incident):
    """Where a question that was begun on the briefing leads back to, or None."""
    return f"{incident.get_absolute_url()}brief/" if request.GET.get("then") == "brief" else None


def _of_answerer(request, number, pk):
    incident = find_incident(request, number)
    require_responder(request)
    return incident, find_question(request, incident, pk)


def _told_by(asks):
    """What engineers said to it, for who puts it into other words."""
    return "\n".join(each.answer for each in asks if each.state == Ask.State.ANSWERED)


def _settle(question, *, by, text, declined, to_audience=False):
    if declined:
        return question.decline(reason=text, by=by)
    return question.give_answer(text, by=by, to_audience=to_audience)
