"""Entries' vectors: in the database, and in the memory of this process, where the nearest ones are found.

Needs numpy, which is only here with the extra `semantic`; it is imported when the first vectors are loaded.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, or_, select, text

from bot.domain.ids import TeamId
from bot.domain.record import record
from bot.ports.vectors import DIMENSIONS, Model, Progress, Unembedded
from store.sql.compiled_query import FastRows
from store.sql.session import Session
from store.sql.tables import ENTRY, VECTOR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_TEXT = 4_000
"""Characters of notes that are passed to the model, which reads about the first hundred words."""
MAX_VECTORS = 100_000
"""Vectors of a team in memory: 44 MB, and 2 ms a search. Further entries are found by their words only."""
MAX_IN_ALL = 200_000
"""Vectors in memory. If there are more, those of the team that searched longest ago are dropped."""
LOADED_BY_SEARCH = 1_000
"""New vectors that one search loads, which takes 2 ms. The others come with the next ones."""
MAX_MULTIPLIED = 1_024
"""Vectors that a search is multiplied with. If there are more, those whose numbers have the most signs in common with its own
are taken: of the 20 nearest they contain 98 %, and of 100,000 they are found in 2 ms in place of 15.
"""
WORDS = DIMENSIONS // 64
"""Words of 64 bits for the signs of a vector."""

_NEWER = text("""SELECT entry, version, vector FROM vector
    WHERE team = :team AND version > :after AND model = :model ORDER BY version LIMIT :most""")
_NEWER_ROWS = FastRows(sqlite=_NEWER, postgresql=_NEWER)
_OWN = text("SELECT vector FROM vector WHERE team = :team AND entry = :entry AND model = :model")
_OWN_ROWS = FastRows(sqlite=_OWN, postgresql=_OWN)


class SqlVectors:
    def __init__(self, work: Session, memory: "Memory | None") -> None:
        self._work = work
        self._memory = memory

    def missing(self, model: str, limit: int) -> Sequence[Unembedded]:
        lacking = or_(VECTOR.c.entry.is_(None), VECTOR.c.content != ENTRY.c.content, VECTOR.c.model != model)
        notes = func.substr(ENTRY.c.notes, 1, MAX_TEXT).label("notes")
        found = (
            select(ENTRY.c.team, ENTRY.c.number, ENTRY.c.content, ENTRY.c.title, notes)
            .select_from(ENTRY.outerjoin(VECTOR, _same()))
            .where(ENTRY.c.retired_at.is_(None), lacking)
            .order_by(ENTRY.c.team, ENTRY.c.number)
            .limit(limit)
        )
        return [
            Unembedded(team=TeamId(row.team), number=row.number, content=row.content, text=f"{row.title}\n{row.notes}")
            for row in self._work.rows(found)
        ]

    def save(self, model: str, made: Sequence[tuple[Unembedded, bytes]]) -> None:
        for team in sorted({entry.team for entry, _ in made}):
            own = [(entry, vector) for entry, vector in made if entry.team == team]
            first = self._work.take(team, "vectors", len(own))
            rows = [
                {
                    "team": team,
                    "entry": entry.number,
                    "content": entry.content,
                    "model": model,
                    "version": first + place,
                    "vector": vector,
                }
                for place, (entry, vector) in enumerate(own)
            ]
            statement = self._work.insert(VECTOR)
            new = {name: statement.excluded[name] for name in ("content", "model", "version", "vector")}
            self._work.change(statement.on_conflict_do_update(index_elements=["team", "entry"], set_=new), rows)

    def delete_others(self, model: str, limit: int) -> int:
        others = select(VECTOR.c.team, VECTOR.c.entry).where(VECTOR.c.model != model).limit(limit)
        found = [(row.team, row.entry) for row in self._work.rows(others)]
        if found:
            self._work.change(delete(VECTOR).where(self._work.one_of((VECTOR.c.team, VECTOR.c.entry), found)))
        return len(found)

    def load(self, team: TeamId) -> None:
        if self._memory is not None and self._memory.model.id:
            self._memory.team(self._work, team, self._memory.model.id, MAX_VECTORS)

    def progress(self, team: TeamId | None) -> Progress | None:
        if self._memory is None or not self._memory.model.id:
            return None
        listed = and_(ENTRY.c.retired_at.is_(None), *([ENTRY.c.team == team] if team is not None else []))
        current = and_(VECTOR.c.content == ENTRY.c.content, VECTOR.c.model == self._memory.model.id)
        made = select(func.count()).select_from(ENTRY.join(VECTOR, _same())).where(listed, current)
        entries = select(func.count()).select_from(ENTRY).where(listed)
        return Progress(made=self._work.value(made), entries=self._work.value(entries))


def _same() -> Any:
    return and_(VECTOR.c.team == ENTRY.c.team, VECTOR.c.entry == ENTRY.c.number)


class Memory:
    """The model, and the teams' vectors in memory. All transactions of a process share it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._teams: OrderedDict[tuple[int, str], _TeamVectors] = OrderedDict()
        self._lock = Lock()

    def asked(self, work: Session, team: int, words: str) -> "Asked | None":
        """A search for words; None without a model, without vectors or if the words have no vector in time."""
        model = self.model.id
        if not model:
            return None
        vectors = self.team(work, team, model, LOADED_BY_SEARCH)
        vector = self.model.of_query(words) if vectors.count else None
        return Asked(vectors=vectors, vector=vector) if vector is not None else None

    def like(self, work: Session, team: int, entry: int) -> "Asked | None":
        """A search for entries like this one; None without its vector."""
        import numpy as np

        model = self.model.id
        rows = work.fast_rows(_OWN_ROWS, team=team, entry=entry, model=model) if model else ()
        if not rows:
            return None
        own = np.frombuffer(rows[0][0], np.int8).astype(np.float32)
        vector = (own / max(float(np.linalg.norm(own)), 1.0)).astype(np.float32).tobytes()
        return Asked(vectors=self.team(work, team, model, LOADED_BY_SEARCH), vector=vector, itself=entry)

    def team(self, work: Session, team: int, model: str, limit: int) -> "_TeamVectors":
        """The team's vectors, after loading up to `limit` that are new in the database."""
        with self._lock:
            found = self._teams.setdefault((team, model), _TeamVectors())
            self._teams.move_to_end((team, model))
            while len(self._teams) > 1 and sum(one.count for one in self._teams.values()) > MAX_IN_ALL:
                self._teams.popitem(last=False)
        found.load(work, team, model, limit)
        return found


@record
class Asked:
    """The vector of a search, and the vectors that it is compared with: those of all entries except `itself`."""

    vectors: "_TeamVectors"
    vector: bytes
    itself: int | None = None

    def nearest(self, limit: int, at_least: float) -> Sequence[int]:
        """The entries with the highest cosine, which is at least this. Some of them may not be on the list any more."""
        found = self.vectors.nearest(self.vector, limit + 1, at_least)
        return [number for number in found if number != self.itself][:limit]

    def cosines(self, numbers: Iterable[int]) -> Mapping[int, float]:
        """The cosine of each entry that has a vector."""
        return self.vectors.cosines(self.vector, (number for number in numbers if number != self.itself))


class _TeamVectors:
    """The vectors of one team and model in memory, as signed bytes. Threads read while one of them adds some."""

    def __init__(self) -> None:
        self.count = 0
        self._version = 0
        self._places: dict[int, int] = {}
        self._numbers: NDArray[np.int32] | None = None
        self._rows: NDArray[np.int8] | None = None
        self._signs: NDArray[np.uint64] | None = None
        self._lengths: NDArray[np.float32] | None = None
        self._lock = Lock()

    def load(self, work: Session, team: int, model: str, limit: int) -> None:
        if not self._lock.acquire(blocking=False):  # another thread loads them, and a search does not wait
            return
        try:
            rows = work.fast_rows(_NEWER_ROWS, team=team, model=model, after=self._version, most=limit)
            if rows:
                self._add([row for row in rows if len(row[2]) == DIMENSIONS])
                self._version = rows[-1][1]
        finally:
            self._lock.release()

    def _add(self, rows: Sequence[Any]) -> None:
        """Vectors of entries that are already here replace theirs."""
        import numpy as np

        new = {number: vector for number, _, vector in rows}
        fresh = [number for number in new if number not in self._places][: MAX_VECTORS - self.count]
        kept = [*(number for number in new if number in self._places), *fresh]
        if not kept:
            return
        vectors = np.frombuffer(b"".join(new[number] for number in kept), np.int8).reshape(-1, DIMENSIONS)
        self._grow(self.count + len(fresh))
        assert self._numbers is not None
        assert self._rows is not None
        assert self._signs is not None
        assert self._lengths is not None
        places = {number: self.count + place for place, number in enumerate(fresh)}
        at = [places[number] if number in places else self._places[number] for number in kept]
        self._numbers[at] = kept
        self._rows[at] = vectors
        self._signs[:, at] = np.packbits(vectors > 0, axis=1).view(np.uint64).T
        self._lengths[at] = np.maximum(np.linalg.norm(vectors.astype(np.float32), axis=1), 1.0)
        self.count += len(fresh)  # last: readers look at the first `count` only
        self._places.update(places)

    def _grow(self, count: int) -> None:
        import numpy as np

        if self._rows is not None and len(self._rows) >= count:
            return
        room = max(count, min(2 * self.count, MAX_VECTORS))
        numbers, rows = np.zeros(room, np.int32), np.zeros((room, DIMENSIONS), np.int8)
        signs, lengths = np.zeros((WORDS, room), np.uint64), np.ones(room, np.float32)
        if self._numbers is not None and self._rows is not None:
            assert self._signs is not None
            assert self._lengths is not None
            numbers[: self.count] = self._numbers[: self.count]
            rows[: self.count] = self._rows[: self.count]
            signs[:, : self.count] = self._signs[:, : self.count]
            lengths[: self.count] = self._lengths[: self.count]
        self._lengths, self._signs, self._rows, self._numbers = lengths, signs, rows, numbers

    def nearest(self, vector: bytes, limit: int, at_least: float) -> Sequence[int]:
        import numpy as np

        count, numbers, rows, signs, lengths = self.count, self._numbers, self._rows, self._signs, self._lengths
        if not count or numbers is None or rows is None or signs is None or lengths is None:
            return ()
        count = min(count, len(numbers), len(rows), len(lengths))
        asked = np.frombuffer(vector, np.float32)
        likely = np.arange(count)
        if count > MAX_MULTIPLIED:
            unlike = np.zeros(count, np.uint16)
            for word, own in zip(signs, np.packbits(asked > 0).view(np.uint64), strict=True):
                unlike += np.bitwise_count(word[:count] ^ own)
            likely = np.argpartition(unlike, MAX_MULTIPLIED)[:MAX_MULTIPLIED]
        cosines = (rows[likely].astype(np.float32) @ asked) / lengths[likely]
        found = [(float(cosines[place]), int(numbers[likely[place]])) for place in np.flatnonzero(cosines >= at_least)]
        return [number for _, number in sorted(found, key=lambda pair: (-pair[0], pair[1]))][:limit]

    def cosines(self, vector: bytes, numbers: Iterable[int]) -> Mapping[int, float]:
        import numpy as np

        here = {number: place for number in numbers if (place := self._places.get(number)) is not None}
        rows, lengths = self._rows, self._lengths  # after the places: another thread may put them into longer ones
        if not here or rows is None or lengths is None:
            return {}
        at = list(here.values())
        cosines = (rows[at].astype(np.float32) @ np.frombuffer(vector, np.float32)) / lengths[at]
        return dict(zip(here, cosines.tolist(), strict=True))
