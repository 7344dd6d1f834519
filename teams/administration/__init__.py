"""The organisation-scoped Django admin."""

from .site import site

__all__ = ["site"]
