"""Questions: asking one, also with words that had no place in a workstream, and answering."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from .. import authority
from ..forms.messages import MessageForm
from ..forms.work import AnswerForm, QuestionForm
from ..guards.streams import BRIEFING
from ..lookups import find_incident, find_question, find_workstream
from ..models import Question
from .acting import act_form, posted
from .answers import done, nudged
from .messages import composer


@require_http_methods(["GET", "POST"])
def question_new(request, number):
    """Everybody who sees the incident may ask."""
    incident = find_incident(request, number)
    form = QuestionForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, Question.ask(incident, by=request.membership, **form.cleaned_data))
    return act_form(request, "question_new", title="Ask a question", incident=incident, form=form, for_everyone=True)


@require_http_methods(["GET", "POST"])
def question(request, number, pk):
    """One question with its answer, and the form for who may give it."""
    incident = find_incident(request, number)
    found = find_question(request, incident, pk)
    form = AnswerForm(posted(request))
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
        may_answer=found.is_new and authority.may_answer(request.membership, incident),
        for_everyone=True,
    )


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


def _settle(question, *, by, text, declined):
    return question.decline(reason=text, by=by) if declined else question.give_answer(text, by=by)
