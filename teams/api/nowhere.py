"""Where every address under the interface ends that is none."""

from .problems import MISSING, problem_response


def nowhere(request, path=""):
    hint = "" if path.endswith("/") or not path else " Addresses here end with a slash."
    return problem_response(404, "not_found", MISSING + hint)
