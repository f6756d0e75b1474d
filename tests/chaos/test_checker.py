"""The checker sees a loss and a duplicate, and the harness kills where it says."""

from dataclasses import replace
from pathlib import Path

from tests.chaos import around, case, process, stage
from tests.chaos.checker import Verdict, checked
from tests.chaos.journal import Line, Said
from tests.chaos.points import Point

PLACES = ("C1", "C2")


def posted(place: str, ref: str, *, text: str = "a", at: float = 1.0) -> list[Line]:
    """A whole digest: the post, a reply and both seeds."""
    seeds = [Line("react", place=place, ref=ref, text=name, at=at) for name in ("read", "later")]
    return [
        Line("post", place=place, ref=ref, text=text, at=at),
        Line("post", place=place, ref=f"{ref}.1", root=ref, text="question", at=at),
        *seeds,
    ]


def verdict(*digests: list[Line]) -> Verdict:
    return checked([line for digest in digests for line in digest], PLACES, [0.5])


def test_what_arrived_once_everywhere_is_neither_lost_nor_doubled() -> None:
    found = verdict(posted("C1", "1"), posted("C2", "2", at=2.0))

    assert (found.planned, found.lost, found.doubled, found.repaired, found.bare) == (4, 0, 0, 0, 0)
    assert found.late == (5.0, 15.0)


def test_a_digest_that_is_not_there_is_lost_with_its_reply() -> None:
    assert verdict(posted("C1", "1")).lost == 2


def test_a_reply_that_is_not_there_is_lost() -> None:
    digest = [line for line in posted("C2", "2") if not line.root]

    assert verdict(posted("C1", "1"), digest).lost == 1


def test_a_post_without_both_seeds_is_bare() -> None:
    assert verdict(posted("C1", "1"), posted("C2", "2")[:-1]).bare == 1


def test_a_second_post_of_the_same_is_a_duplicate_until_one_is_deleted() -> None:
    twice = [*posted("C1", "1"), Line("post", place="C1", ref="9", text="a", at=3.0)]
    mended = [*twice, Line("delete", place="C1", ref="9", at=4.0)]

    assert (verdict(twice, posted("C2", "2")).doubled, verdict(twice, posted("C2", "2")).repaired) == (1, 0)
    assert (verdict(mended, posted("C2", "2")).doubled, verdict(mended, posted("C2", "2")).repaired) == (0, 1)


def test_a_week_that_was_planned_twice_is_a_duplicate_whatever_it_shows() -> None:
    assert verdict(posted("C1", "1"), posted("C1", "3", text="b", at=9.0), posted("C2", "2")).doubled == 1


def test_around_a_digest_a_missing_and_a_doubled_message_are_counted() -> None:
    wanted = around.expected("slack", 3)
    sent = [Line("post", place=place, ref=str(n), said=what, at=1.0) for n, (what, place) in enumerate(wanted)]
    sent += [line for line in posted("C0003", "r") if line.root or line.what == "react"]
    digest = next(n for n, (what, _) in enumerate(wanted) if what is Said.VOTED)
    sent = [replace(line, ref="r") if line.ref == str(digest) else line for line in sent]
    again = replace(sent[0], ref="again")

    def counted(*lines: Line) -> tuple[int, int, int]:
        found = around.verdict(lines, "slack", 3, [0.5])
        return found.lost, found.doubled, found.repaired

    assert counted(*sent) == (0, 0, 0)
    assert counted(*sent[1:]) == (1, 0, 0)
    assert counted(*sent, again) == (0, 1, 0)
    assert counted(*sent, again, Line("delete", place=again.place, ref="again")) == (0, 0, 1)


def test_a_worker_killed_with_a_post_on_the_wire_is_replaced_and_the_post_is_there_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'dogear.db'}"
    furnished = process.forked(lambda: stage.furnish(url, "slack", 3, tmp_path), tmp_path / "furnish.log")
    assert process.until(lambda: process.exited(furnished), 20)

    with case.open_club(tmp_path, url, "slack", 3) as run:
        victim = run.start(Point.SENT, hit=2)
        assert process.until(lambda: process.exited(victim), 20)
        in_between = [line for line in run.journal() if line.what == "post"]
        run.start()
        settled = run.settle()
        found = run.verdict()

    assert settled
    assert 1 <= len(in_between) <= 3
    assert (found.lost, found.doubled, found.repaired, found.bare) == (0, 0, 0, 0)
