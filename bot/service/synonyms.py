"""The words that stand for each other in a team's searches."""

from collections.abc import Sequence

from bot.domain.errors import BadUsage, Conflict, NotFound
from bot.domain.ids import TeamId
from bot.domain.synonym import Synonym
from bot.ports.store import Transaction

MAX_ADDED = 500
"""Pairs of curators' in a team: beyond these they belong into the list, where they can be read and reviewed."""


def listed(tx: Transaction, team: TeamId) -> Sequence[Synonym]:
    """Every pair, by word."""
    return tx.synonyms.all(team)


def add(tx: Transaction, team: TeamId, word: str, others: Sequence[str]) -> None:
    """Let the word and each of the others find each other; raises BadUsage and Conflict."""
    if sum(1 for known in listed(tx, team) if known.file is None) + len(others) > MAX_ADDED:
        hint = "Put them into the front matter of the list, as `synonyms:`, and remove some here."
        raise Conflict(f"More than {MAX_ADDED} pairs are not kept here.", hint=hint)
    for other in others:
        if not tx.synonyms.add(team, word, other):
            hint = "Name two different words or short phrases: settings synonyms add k8s kubernetes"
            raise BadUsage(f"“{word}” and “{other}” cannot stand for each other.", hint=hint, field="other")


def remove(tx: Transaction, team: TeamId, word: str, others: Sequence[str]) -> None:
    """Remove what curators added for the word, all of it or the pairs with the others; raises NotFound."""
    removed = [tx.synonyms.remove(team, word, other) for other in others or (None,)]
    if not any(removed):
        hint = "“settings synonyms” shows them; those of a file are removed from its front matter."
        raise NotFound(f"Nobody has added synonyms of “{word}” here.", hint=hint)
