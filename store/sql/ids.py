"""The ids that the ports speak of, and the keys that the tables have.

An id holds its team in the high bits and the number in its team in the low ones. So every statement can name the
team, which is how the tables are split, and an id of another team cannot find anything. Only the workers, who serve all
teams, name rows of the ledger by their own key.
"""

from hashlib import blake2b

from bot.domain.ids import TeamId

_BITS = 32
_MASK = (1 << _BITS) - 1


def id_of(team: int, number: int) -> int:
    """The id of the team's thing of that number."""
    return team << _BITS | number


def team_of(id: int) -> TeamId:
    """The team to which the thing belongs."""
    return TeamId(id >> _BITS)


def number_of(id: int) -> int:
    """The number of the thing in its team."""
    return id & _MASK


def hashed(key: str) -> bytes:
    """What stands for an entry's key in the index."""
    return blake2b(key.encode(errors="surrogatepass"), digest_size=16).digest()
