"""What was planned against what the platform accepted, from the platform's own journal alone. Never from our database.

A digest is four things a person sees: the post, a reply in its thread, and two seeds under it. What a post says tells
its week, for every week shows another entry; so a week that was planned twice is found whatever its key.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.journal import Line
from tests.chaos.scaled import SCALE

SEEDS = 2


@dataclass(frozen=True)
class Verdict:
    """`lost` and `doubled` count posts and replies as they stand in the end; `repaired` those that were doubled for
    a while. `seen_twice` is both. `late` is how late each post was and `whole` each digest with its reply, in the
    product's seconds, sorted.
    """

    planned: int
    lost: int
    doubled: int
    repaired: int
    bare: int
    late: tuple[float, ...]
    whole: tuple[float, ...]

    @property
    def seen_twice(self) -> int:
        return self.doubled + self.repaired


def checked(journal: Sequence[Line], places: Sequence[str], due: Sequence[float]) -> Verdict:
    """Each of the channels was to get one digest for each moment of `due`, in the journal's own seconds."""
    deleted = {line.ref for line in journal if line.what == "delete"}
    reacted = defaultdict[str, set[str]](set)
    posts = defaultdict[str, list[Line]](list)
    replies = defaultdict[str, list[Line]](list)
    for line in journal:
        if line.what == "react":
            reacted[line.ref].add(line.text)
        if line.what == "post":
            (replies[line.root] if line.root else posts[line.place]).append(line)
    lost = doubled = repaired = bare = 0
    late: list[float] = []
    whole: list[float] = []
    for place in places:
        digests = _by_text(posts[place])
        lost += 2 * max(0, len(due) - len(digests))
        doubled += max(0, len(digests) - len(due))
        for moment, digest in zip(sorted(due), digests, strict=False):
            late.append((digest[0].at - moment) * SCALE)
            first = [reply.at for line in digest for reply in replies[line.ref]]
            whole += [(min(first) - moment) * SCALE] if first else []
        for digest in digests:
            standing = [line for line in digest if line.ref not in deleted]
            answers = [reply for line in digest for reply in replies[line.ref] if reply.ref not in deleted]
            lost += (not standing) + (not answers)
            doubled += max(0, len(standing) - 1) + max(0, len(answers) - 1)
            repaired += len(digest) - len(standing)
            bare += sum(len(reacted[line.ref]) < SEEDS for line in standing)
    return Verdict(2 * len(places) * len(due), lost, doubled, repaired, bare, tuple(sorted(late)), tuple(sorted(whole)))


def _by_text(posts: Sequence[Line]) -> list[list[Line]]:
    """The posts of a channel that say the same, oldest first."""
    found = defaultdict[str, list[Line]](list)
    for line in posts:
        found[line.text].append(line)
    return sorted((sorted(lines, key=lambda one: one.at) for lines in found.values()), key=lambda lines: lines[0].at)
