"""Providers on this machine, and Globex silent, as where messages are sent; and an incident full of words."""

import pytest

from notifications.public_door import Database
from tests.notifications.conftest import acme, sms_gateway
from tests.telling.planting import Planted
from tests.telling.readers import READS

__all__ = ["acme", "sms_gateway"]


@pytest.fixture(autouse=True)
def fresh(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    Database.away_until = 0.0


@pytest.fixture
def plant(acme, request):
    def planted(**more):
        people = {name: request.getfixturevalue(name) for name in READS if name != "olga"}
        return Planted(acme, people, **more)

    return planted
