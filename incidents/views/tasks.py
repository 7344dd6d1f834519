"""Tasks: adding one, saying whose it is, and what became of it."""

from django.views.decorators.http import require_http_methods, require_POST

from ..forms.tasks import NotNeededForm, TaskChangeForm, TaskForm
from ..lookups import find_incident, find_task, message_in, require_responder
from ..models import Task
from .acting import act_form, begun, first_line, posted, raised_from
from .answers import done


@require_http_methods(["GET", "POST"])
def task_new(request, number):
    """`?message=` is what it is raised from: its words are the first wording."""
    incident = find_incident(request, number)
    require_responder(request)
    message = message_in(request, incident)
    form = TaskForm(posted(request), initial={"text": first_line(message, 200)} | begun(request, "text", "owner"))
    if form.is_valid():
        with form.refusals():
            return done(request, Task.add(incident, by=request.membership, message=message, **form.cleaned_data))
    return act_form(request, "task_new", title="Add a task", incident=incident, form=form, **raised_from(message))


@require_http_methods(["GET", "POST"])
def task(request, number, pk):
    """Who does it, and until when."""
    incident = find_incident(request, number)
    found = find_task(request, incident, pk)
    form = TaskChangeForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, found.rearrange(by=request.membership, **form.changes))
    return act_form(request, "task", title=str(found), incident=incident, task=found, form=form)


@require_http_methods(["GET", "POST"])
def task_dismissal(request, number, pk):
    """Not needed, because."""
    incident = find_incident(request, number)
    found = find_task(request, incident, pk)
    form = NotNeededForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, found.not_needed(by=request.membership, **form.cleaned_data))
    return act_form(request, "task_dismissal", title=str(found), incident=incident, task=found, form=form)


@require_POST
def task_owner(request, number, pk):
    """Whoever asks takes it."""
    return done(request, find_task(request, find_incident(request, number), pk).take(by=request.membership))


@require_POST
def task_completion(request, number, pk):
    return done(request, find_task(request, find_incident(request, number), pk).done(by=request.membership))


@require_POST
def task_reopening(request, number, pk):
    return done(request, find_task(request, find_incident(request, number), pk).reopen(by=request.membership))
