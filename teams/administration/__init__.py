"""The organisation-scoped Django admin: `site` for the site, `scoped` for what every model's admin builds on."""

from .site import site

__all__ = ["site"]
