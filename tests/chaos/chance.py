"""Chance that is the same in every run."""

from hashlib import sha256


def drawn(seed: str, low: float, high: float) -> float:
    """A number between the two that follows from the seed."""
    share = int.from_bytes(sha256(seed.encode()).digest()[:6]) / (1 << 48)
    return low + (high - low) * share
