"""Every operation of the interface, found by walking the addresses, so that none is forgotten."""

import re
from dataclasses import dataclass

from django.urls import get_resolver

PREFIX = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Operation:
    method: str
    route: str

    def __str__(self):
        return f"{self.method.upper()} {self.route}"

    def path(self, **values):
        """The address below `/api/v1`, with values in the place of parameters."""
        return PARAMETER.sub(lambda found: str(values[found[1]]), self.route)

    @property
    def parameters(self):
        return PARAMETER.findall(self.route)


def operations():
    found = []
    for route, view in _walk(get_resolver().url_patterns, ""):
        if route.startswith(PREFIX) and hasattr(view, "view_class") and route != f"{PREFIX}schema/":
            methods = [method for method in METHODS if hasattr(view.view_class, method)]
            found += [Operation(method, "/" + route.removeprefix(PREFIX)) for method in methods]
    return found


def _walk(patterns, prefix):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route, pattern.callback
