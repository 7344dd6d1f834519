"""The table of slash commands, for the page."""

from django import template

from ..commands import COMMANDS

register = template.Library()


@register.simple_tag
def slash_commands():
    return COMMANDS.values()
