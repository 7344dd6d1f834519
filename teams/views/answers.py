"""What every form of this app is answered with."""

from django.shortcuts import render


def page(request, template, *, form=None, status=200, **context):
    """A page; with a form that is wrong, the same page as 422."""
    return render(
        request,
        f"teams/{template}.html",
        {**context, "form": form},
        status=422 if form is not None and form.errors else status,
    )
