"""The update round: every audience on one page, told from one version of what we know."""

from django.views.decorators.http import require_http_methods

from playbooks.models import Audience

from ..drafting import Drafting
from ..forms.rounds import RoundForm, RoundPart
from ..lookups import find_incident, require_responder
from ..rounds import tell
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def update_round(request, number):
    """What is sent waits ten seconds, as every word that a person has just published."""
    incident = find_incident(request, number)
    require_responder(request)
    draftings = [Drafting(incident, request.membership, audience) for audience in Audience]
    synthesis = draftings[0].synthesis
    form = RoundForm(posted(request), initial={"basis": synthesis.version if synthesis else 0})
    parts = [RoundPart(posted(request), drafting=drafting) for drafting in draftings]
    # Every part is looked at, so that everything that is wrong is said at once.
    fit = [each.is_valid() for each in (form, *parts)]
    if all(fit):
        with form.refusals():
            words = [part.word for part in parts if part.word]
            cleaned = form.cleaned_data
            told = tell(
                incident,
                words,
                basis=cleaned["basis"] or 0,
                by=request.membership,
                waiver=cleaned["waiver"],
                key=cleaned["key"],
            )
            return done(request, told[-1])
    response = act_form(
        request, "round", title="Update round", incident=incident, form=form, parts=parts, synthesis=synthesis
    )
    if any(part.errors for part in parts):
        response.status_code = 422
    return response
