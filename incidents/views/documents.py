"""Documents elsewhere: listing one, and taking it off the list."""

from django.views.decorators.http import require_http_methods

from ..forms.acts import ActForm
from ..forms.record import DocumentForm
from ..lookups import find_document, find_incident, require_responder
from ..models import Document
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def document_new(request, number):
    incident = find_incident(request, number)
    require_responder(request)
    form = DocumentForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, Document.add(incident, by=request.membership, **form.cleaned_data))
    return act_form(request, "document_new", title="List a document", incident=incident, form=form)


@require_http_methods(["GET", "POST"])
def document(request, number, pk):
    incident = find_incident(request, number)
    found = find_document(request, incident, pk)
    form = ActForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, found.remove(by=request.membership))
    return act_form(request, "document", title="Document", incident=incident, document=found, form=form)
