"""A dead Redis makes us late, never wrong, and stops nobody from signing in."""

import os
import socket
from time import monotonic
from urllib.parse import urlsplit

import pytest
from django.core.cache import caches

from config.cache import ShelteredRedisCache


@pytest.fixture(autouse=True)
def nobody_away(monkeypatch):
    monkeypatch.setattr(ShelteredRedisCache, "away_until", 0.0)


def cache_at(port):
    cache = ShelteredRedisCache(
        f"redis://127.0.0.1:{port}/0", {"OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1}}
    )
    cache.shelter.clear()
    return cache


def test_without_redis_this_process_still_counts(caplog):
    cache = cache_at(1)

    assert cache.get("attempts:lena", 0) == 0
    assert cache.add("attempts:lena", 1)
    assert cache.incr("attempts:lena") == 2
    assert cache.get("attempts:lena") == 2
    assert cache.get_many(["attempts:lena", "attempts:omar"]) == {"attempts:lena": 2}
    assert [record.getMessage()[:29] for record in caplog.records] == ["Redis is away, counting in me"]


def test_a_redis_that_never_answers_is_waited_for_once():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cache = cache_at(silent.getsockname()[1])
        started = monotonic()
        for _ in range(20):
            cache.set("seen", True)
        took = monotonic() - started

    assert took < 3
    assert cache.get("seen")


def test_it_comes_back_by_itself(monkeypatch):
    cache = cache_at(1)
    cache.set("seen", "in memory")
    monkeypatch.setattr("config.cache.monotonic", lambda: ShelteredRedisCache.away_until + 0.1)
    asked = []
    monkeypatch.setattr("config.cache.RedisCache.get", lambda self, key, *args: asked.append(key) or "in Redis")

    assert cache.get("seen") == "in Redis"
    assert asked == ["seen"]


def test_each_worker_of_the_suite_counts_in_a_place_of_its_own():
    """Emptying the cache before a test would otherwise forget what another worker's test has counted."""
    wanted = urlsplit(os.environ.get("REDIS_URL", "")).path.strip("/")
    shared = getattr(caches["default"], "_cache", None)

    database = shared.get_client().connection_pool.connection_kwargs["db"] if wanted else ""

    assert str(database) == wanted
