"""How often a stranger may do something: counted in the cache, by each process alone where the cache is away."""

from django.core.cache import cache

HOUR = 3600
# Messages that ask an address whether it wants any: in an hour, whoever had them sent.
TO_ONE_ADDRESS = 3


def may_ask(subscriber_address, channel, organization):
    """Whether one more proof may be sent to this address now; counts it."""
    return within(f"sign-up-messages:{organization.pk}:{channel}:{subscriber_address}", TO_ONE_ADDRESS, HOUR)


def within(name, limit, seconds):
    """Count one more of these, and say whether that is still allowed in this stretch of time."""
    key = f"limit:{name}"
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key) <= limit
    except ValueError:
        # The stretch ended between the two: this one is the first of the next.
        cache.add(key, 1, timeout=seconds)
        return limit > 0
