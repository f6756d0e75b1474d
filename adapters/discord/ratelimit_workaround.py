"""What an attempt that ran out of time leaves behind in discord.py's rate limits."""

import discord


def free(http: discord.http.HTTPClient) -> None:
    """Let go of every bucket that a cancelled request still holds.

    A request that is cancelled just as it gives its bucket back (discord.py 2.7.1, `Ratelimit.__aexit__`) leaves it
    taken, with no time at which that ends: whoever comes next waits for 30 seconds, three times as long as an attempt
    may take, and so does everybody after. One that is cancelled while it sleeps out a global limit leaves that closed.
    """
    if http._global_over:  # noqa: SLF001 -- MISSING before the login; cleared for good by who is cancelled in its sleep
        http._global_over.set()  # noqa: SLF001
    for bucket in http._buckets.values():  # noqa: SLF001 -- the library has no other way in
        if bucket.remaining <= 0 and bucket.outgoing == 0 and bucket.expires is None:
            bucket.reset()  # type: ignore[no-untyped-call]
            bucket._wake(bucket.remaining)  # noqa: SLF001
