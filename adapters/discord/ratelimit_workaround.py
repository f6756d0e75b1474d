"""A workaround for discord.py: a request that timed out can block its rate-limit bucket."""

import discord


def release_buckets(http: discord.http.HTTPClient) -> None:
    """Release every rate-limit bucket that a cancelled request still holds.

    A request that is cancelled while it returns its bucket (discord.py 2.7.1, `Ratelimit.__aexit__`) leaves the bucket
    taken without an expiry: every later request waits 30 seconds, three times as long as an attempt may take. A
    request that is cancelled during a global rate limit leaves that limit closed.
    """
    if http._global_over:  # noqa: SLF001 -- MISSING before the login; stays cleared if the request that waits is cancelled
        http._global_over.set()  # noqa: SLF001
    for bucket in http._buckets.values():  # noqa: SLF001 -- the library has no public way
        if bucket.remaining <= 0 and bucket.outgoing == 0 and bucket.expires is None:
            bucket.reset()  # type: ignore[no-untyped-call]
            bucket._wake(bucket.remaining)  # noqa: SLF001
