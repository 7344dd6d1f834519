"""The shared cache, with each process's own memory to fall back on: a dead Redis must not stop a sign-in."""

import logging
from time import monotonic

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5


def sheltered(name):
    def method(self, *args, **kwargs):
        if monotonic() >= ShelteredRedisCache.away_until:
            try:
                return getattr(super(ShelteredRedisCache, self), name)(*args, **kwargs)
            except RedisError as trouble:
                # Everybody in this process leaves it alone for a while, instead of waiting one by one.
                ShelteredRedisCache.away_until = monotonic() + PAUSE_SECONDS
                logger.warning("Redis is away, counting in memory: %s", trouble)
        return getattr(self.shelter, name)(*args, **kwargs)

    return method


class ShelteredRedisCache(RedisCache):
    """Redis while it answers. While it does not, limits are still counted, only by each process for itself."""

    away_until = 0.0

    def __init__(self, server, params):
        super().__init__(server, params)
        self.shelter = LocMemCache("shelter", {name: params[name] for name in params if name != "OPTIONS"})

    add = sheltered("add")
    get = sheltered("get")
    set = sheltered("set")
    touch = sheltered("touch")
    delete = sheltered("delete")
    get_many = sheltered("get_many")
    set_many = sheltered("set_many")
    delete_many = sheltered("delete_many")
    has_key = sheltered("has_key")
    incr = sheltered("incr")

    def clear(self):
        self.shelter.clear()
        super().clear()
