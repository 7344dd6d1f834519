"""How often a stranger may do something: counted in the cache, by each process alone where the cache is away."""

import logging

from django.core.cache import cache

logger = logging.getLogger(__name__)


def within(name, limit, seconds):
    """Count one more of these, and say whether that is still allowed in this stretch of time."""
    key = f"limit:{name}"
    try:
        cache.add(key, 0, timeout=seconds)
        return cache.incr(key) <= limit
    except Exception:
        logger.warning("Not counted: the cache does not answer.", exc_info=True)
        return True
