"""What tests about incidents share beyond the cast."""

import pytest

from tests.listening import LiveAcme


@pytest.fixture
def acme_live(committed_acme):
    """Acme with a live incident, committed, for whoever listens to it."""
    return LiveAcme(committed_acme)
