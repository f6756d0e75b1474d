"""The host's model for searching by meaning (`DOGEAR_MODEL`), and the vectors that it makes in the background.

Nothing here uses the network, and nothing waits for the model except a search, for a moment. The libraries are in the extra
`semantic` and are imported when the model is loaded. They are used directly: fastembed, which offers the same, took 60 MB
more, half of it for what it loads from the network.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, TypeVar

from bot.chat.jobs import Job
from bot.domain.errors import BadConfig
from bot.domain.ids import TeamId
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.ports.vectors import DIMENSIONS, Unembedded
from store.sql import SqlStore

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
MAX_TOKENS = 128
"""Tokens of a text that count, as in the tokenizer of all-MiniLM-L6-v2. With 256 a vector takes twice the time, and the
results measured the same.
"""
RECIPE = b"title, line end, notes; 128 tokens; mean"
"""How a text becomes a vector. Changing it makes all vectors again."""
MAX_UNKNOWN = 1 / 3
"""Share of a query's tokens that the model may not know. Beyond that its vector says nothing."""
HOSTED_PATIENCE, PATIENCE = 0.1, 5.0
"""Seconds that a search waits for its vector, for many people and for one person. It usually takes 4 ms."""
MAX_CACHED = 500
MAX_RUN = 20.0
"""Seconds after which a run of the job pauses, so that it is not seen as hanging."""
FETCHED, SAVED = 256, 32
"""Entries that are fetched and saved at a time."""
EVERY = timedelta(seconds=30)
SHARE = 1 / 3
"""Of its time the thread works, while others use the process. On a busy machine with two processors p99 of commands was 1.4 times
that of quiet with a half, and up to 2.2 times with all of it.
"""

T = TypeVar("T")

log = logging.getLogger("dogear.meaning")


class OnnxModel:
    """A sentence-embedding model in memory. Later changes of its files do not matter."""

    def __init__(self, folder: Path) -> None:
        """Raises BadConfig with what to do."""
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start a thread for every processor
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ModuleNotFoundError as missing:
            raise _bad(
                "needs packages that are not here. Install them: pip install 'dogear-club[semantic]'"
            ) from missing
        self.id = sha256(RECIPE + b"".join(_digest(folder / name) for name in (MODEL, TOKENIZER))).hexdigest()[:32]
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:
            raise _bad(f"names {folder / TOKENIZER}, which is damaged. Copy it again.") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / MODEL), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise _bad(f"names {folder / MODEL}, which is damaged or is not an ONNX model. Copy it again.") from error
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._unknown = {self._tokenizer.token_to_id(token) for token in ("[UNK]", "<unk>")} - {None}
        try:
            fits = self.vector("a reading list").shape == (DIMENSIONS,)
            self._vector([max(self._tokenizer.get_vocab().values())])  # the tokenizer of another model has more words
        except Exception:  # noqa: BLE001 -- whatever the runtime makes of a model of another kind
            fits = False
        _give_back_memory()
        if not fits:
            raise _bad(
                f"names {folder / MODEL}, which is not of the shape of all-MiniLM-L6-v2: token ids in, {DIMENSIONS} numbers "
                "for each token out. Use that model, or another of this shape with its own tokenizer.json."
            )

    def vector(self, text: str) -> Any:
        """The vector of a text, as an array of float32 with length 1."""
        return self._vector(self._tokenizer.encode(text).ids)

    def _vector(self, tokens: Sequence[int]) -> Any:
        import numpy as np

        ids = np.array([tokens], np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (words, *_) = self._session.run(None, {name: given[name] for name in self._inputs})
        mean = words[0].mean(axis=0)
        return (mean / np.linalg.norm(mean)).astype(np.float32)

    def of_query(self, text: str) -> bytes | None:
        """The vector as bytes of float32; None if the model does not know the words."""
        ids = self._tokenizer.encode(text).ids
        unknown = sum(one in self._unknown for one in ids)
        if unknown > (len(ids) - 2) * MAX_UNKNOWN:  # without the marks of its beginning and end
            return None
        vector: bytes = self._vector(ids).tobytes()
        return vector

    def of_entry(self, text: str) -> bytes:
        """The vector as signed bytes, which rank as well as float32 and take a quarter of the space."""
        import numpy as np

        vector = self.vector(text)
        rounded: bytes = np.rint(vector / np.abs(vector).max() * 127).astype(np.int8).tobytes()
        return rounded


def _give_back_memory() -> None:
    """Reading a model leaves 70 MB free in the process, which glibc would keep."""
    with contextlib.suppress(OSError, AttributeError):  # on a system without glibc
        ctypes.CDLL(None).malloc_trim(0)


def _digest(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return file_digest(opened, "sha256").digest()
    except OSError as error:
        raise _bad(f"needs {file}, which cannot be read: {error.strerror}.") from error


def _bad(what: str) -> BadConfig:
    return BadConfig([f"DOGEAR_MODEL {what}"])


class HostModel:
    """Implements `bot.ports.vectors.Model` with the files of a folder. Any number of threads may use it."""

    def __init__(self, folder: Path, *, patience: float) -> None:
        self._folder = folder
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, "dogear-meaning")
        self._loading = threading.Lock()
        self._loaded: OnnxModel | None = None
        self._looks: object = None
        self._problem = ""
        self._cache: OrderedDict[tuple[str, str], bytes | None] = OrderedDict()

    @property
    def id(self) -> str:
        """The first time it waits a moment for the model to be loaded, unless the job is loading it already."""
        if self._looks is None and not self._loading.locked():
            self._in_time(self.current)
        return self._loaded.id if self._loaded else ""

    def current(self) -> OnnxModel | None:
        """The model, loaded again if its files changed; None, with a line in the log, if they are unusable."""
        with self._loading:
            looks = tuple(_looks(self._folder / name) for name in (MODEL, TOKENIZER))
            if looks != self._looks:
                try:
                    self._loaded, problem = OnnxModel(self._folder), ""
                except BadConfig as error:
                    self._loaded, problem = None, str(error)
                self._looks = looks
                self._say(problem)
            return self._loaded

    def _say(self, problem: str) -> None:
        """A line in the log whenever the problem is another one."""
        if problem != self._problem:
            log.warning("search goes on without meaning: %s", problem) if problem else log.warning(
                "the model is usable again"
            )
            self._problem = problem

    def of_query(self, text: str) -> bytes | None:
        model = self._loaded
        if model is None:
            return None
        key = model.id, text
        try:  # not in two steps: the thread may drop it in between
            return self._cache[key]
        except KeyError:
            found: bytes | None = self._in_time(partial(self._cached, model, key))
            return found

    def _cached(self, model: OnnxModel, key: tuple[str, str]) -> bytes | None:
        if key not in self._cache:
            self._cache[key] = model.of_query(key[1])
            if len(self._cache) > MAX_CACHED:
                self._cache.popitem(last=False)
        return self._cache[key]

    def _in_time(self, work: Callable[[], Any]) -> Any:
        """The result of the work in the thread of searches; None if it takes too long or fails."""
        try:
            running = self._thread.submit(work)
        except RuntimeError:  # closed
            return None
        try:
            return running.result(self._patience)
        except TimeoutError:
            running.cancel()
        except Exception as error:  # noqa: BLE001 -- a search goes on without what onnxruntime cannot do
            self._say(f"the model failed: {error}")
        return None

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)


def _looks(file: Path) -> object:
    """What changes when the file does."""
    try:
        found = file.stat()
    except OSError as error:
        return error.errno
    return found.st_mtime_ns, found.st_size, found.st_ino


class VectorMaker:
    """Makes the vectors of all entries that lack one, one at a time in a thread that pauses after each."""

    def __init__(self, model: HostModel, runner: Runner, store: SqlStore) -> None:
        self._model = model
        self._runner = runner
        self._store = store
        self._thread = ThreadPoolExecutor(1, "dogear-vectors")
        self._known: set[TeamId] = set()
        self._stopping = threading.Event()

    def job(self) -> Job:
        return Job(name="vectors", run=self.run, every=EVERY)

    async def run(self, *, share: float = SHARE) -> timedelta | None:
        """Make vectors for a while. Returns no pause if there is more to do. On PostgreSQL one process at a time."""
        model = await self._in_thread(self._model.current)
        if model is None:
            return None
        await self._load_teams()
        if not await self._runner.read(lambda tx: tx.vectors.missing(model.id, 1)):
            return None
        lock = await self._in_thread(partial(self._store.acquire, "vectors"))
        if lock is None:
            return None
        try:
            return await self._made(model, time.monotonic() + MAX_RUN, lock.is_held, share)
        finally:
            await self._in_thread(lock.release)

    async def finish(self) -> None:
        """Make all that are missing, without pauses, unless another process does."""
        while await self.run(share=1.0) is not None:
            pass

    async def _load_teams(self) -> None:
        """Teams that this process has not loaded yet."""
        for team in await self._runner.read(lambda tx: [one.id for one in tx.teams.all()]):
            if team not in self._known:
                await self._runner.read(partial(_load, team=team))
                self._known.add(team)

    async def _made(
        self, model: OnnxModel, until: float, is_held: Callable[[], bool], share: float
    ) -> timedelta | None:
        while await self._runner.write(lambda tx: tx.vectors.delete_others(model.id, FETCHED)):
            pass
        while entries := await self._runner.read(lambda tx: tx.vectors.missing(model.id, FETCHED)):
            for start in range(0, len(entries), SAVED):
                some = entries[start : start + SAVED]
                vectors = await self._in_thread(partial(self._vectors, model, some, share))
                if len(vectors) < len(some) or not await self._in_thread(is_held):
                    return None
                await self._runner.write(partial(_save, model=model.id, made=list(zip(some, vectors, strict=True))))
                if time.monotonic() > until:
                    return timedelta()
        return None

    def _vectors(self, model: OnnxModel, entries: Sequence[Unembedded], share: float) -> list[bytes]:
        """The entries' vectors; fewer if the process stops."""
        vectors: list[bytes] = []
        for entry in entries:
            if self._stopping.is_set():
                break
            began = time.monotonic()
            vectors.append(model.of_entry(entry.text))
            # A lower priority of the thread would not do: while it waits for a processor, it may hold the interpreter lock.
            self._stopping.wait((time.monotonic() - began) * (1 / share - 1))
        return vectors

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        self._stopping.set()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._model.close()


def _load(tx: Transaction, team: TeamId) -> None:
    tx.vectors.load(team)


def _save(tx: Transaction, model: str, made: Sequence[tuple[Unembedded, bytes]]) -> None:
    tx.vectors.save(model, made)
