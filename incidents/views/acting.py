"""The forms of acts: a page of its own, or over the room a dialog with the very same form."""

from django.shortcuts import render


def posted(request):
    """What was filled in, or None while the form is only looked at."""
    return request.POST if request.method == "POST" else None


def act_form(request, stem, *, title, form, **context):
    """The form in `incidents/<stem>.html`, as it is or with what is wrong: 422, or 409 when a rule refused."""
    layout = "incidents/_act_dialog.html" if request.htmx else "incidents/act.html"
    response = render(
        request,
        f"incidents/{stem}.html",
        {"title": title, "form": form, "layout": layout, **context},
        status=form.status_code,
    )
    if request.htmx:
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return response


def begun(request, *names):
    """What the address brings along for the fields of a form: `{field: words}`."""
    return {name: request.GET[name] for name in names if name in request.GET}


def raised_from(message):
    """For the form of something that a message gives rise to: the message, and the query that keeps it."""
    return {"message": message, "source": f"?message={message.pk}" if message else ""}


def first_line(message, length):
    """The beginning of what a message says, as it fits one line; empty without a message."""
    return " ".join(message.text.split())[:length] if message else ""


def whole_number(word):
    """A primary key or a number that somebody wrote; 0, which nothing has, where it is none."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else 0
