"""Tasks: adding one, saying whose it is, and what became of it."""

from django.views.decorators.http import require_http_methods, require_POST

from ..forms.work import KEEP, NotNeededForm, TaskChangeForm, TaskForm
from ..lookups import find_incident, find_task, message_in, require_responder
from ..models import Task
from .acting import act_form, posted, raised_from
from .answers import done


@require_http_methods(["GET", "POST"])
def task_new(request, number):
    """`?message=` is what it is raised from: its words are the first wording."""
    incident = find_incident(request, number)
    require_responder(request)
    message = message_in(request, incident)
    form = TaskForm(posted(request), initial={"text": first_line(message)})
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
            if entry := change(found, by=request.membership, **form.cleaned_data):
                return done(request, entry)
            form.add_error(None, "Nothing was changed.")
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


def change(task, *, by, owner, due_at, waiver):
    """Both halves of the form, as far as they say something. Returns the last entry, or None."""
    entry = None
    if owner is not None and owner != task.owner:
        entry = task.give(owner, by=by, waiver=waiver)
    if due_at not in (KEEP, task.due_at):
        entry = task.move(due_at, by=by, waiver=waiver)
    return entry


def first_line(message):
    """The beginning of a message, as it fits one line."""
    return " ".join(message.text.split())[:200] if message else ""
