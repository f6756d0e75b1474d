"""R3 to R5: answers that do not come back. What was accepted is looked for, found, and not posted again.

R3: three of ten posts are accepted and then not answered in one of five ways; also where the history may be read once
a minute. R4: the same with a history that shows a message late. R5: the same without the right to read history.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from tests.chaos import process, scaled
from tests.chaos.case import Case
from tests.chaos.journal import Line
from tests.chaos.row import BOUND, NEVER, Figures, Row, Run, found, once
from tests.chaos.weather import Weather

WORKERS = {"sqlite": 1, "postgresql": 3}
LOST = Weather(lost=0.3)
LIMITED = Weather(lost=0.3, look_every=scaled.real(60))
FURTHER = 60.0
"""Seconds by which each further uncertain post may be later where the history may be read once a minute."""
REPAIRED_WITHIN = scaled.real(360)


def deliver(engine: str, longest: float, case: Case) -> Figures:
    for _ in range(WORKERS[engine]):
        case.start()
    settled = case.settle(longest, every=0.5)
    process.until(lambda: not case.verdict().doubled, REPAIRED_WITHIN, every=0.5)
    return found(case.verdict(), **_asked(case.journal()), unsettled=int(not settled))


def _asked(journal: Sequence[Line]) -> dict[str, int]:
    """How many posts were in doubt, and how often the platform was asked about them."""
    doubtful = {line.key for line in journal if line.fault}
    return {"uncertain": len(doubtful), "looks": sum(line.what == "history" for line in journal)}


def rows(long: bool) -> Iterator[Row]:
    channels = 1000 if long else 250
    for engine in ("sqlite", "postgresql"):
        for platform in ("slack", "discord"):
            run = Run(platform, engine, partial(deliver, engine, 180 if long else 90), channels, weather=LOST, part=0.5)
            yield Row("R3", "30 % accepted, then not answered", [run], found_by_looking)
    for engine in ("sqlite", "postgresql"):
        run = Run("slack", engine, partial(deliver, engine, 200), 20, weather=LIMITED)
        yield Row("R3", "the same, one look a minute", [run], in_turn)


def found_by_looking(figures: Figures) -> bool:
    """Once, with at most two looks for each post in doubt."""
    return once(figures) and figures["looks"] <= 2 * figures["uncertain"] and not figures["unsettled"]


def in_turn(figures: Figures) -> bool:
    """Later by a minute for each further one."""
    bound = BOUND + FURTHER * figures["uncertain"]
    return once(figures) and figures.get("whole_p99_s", NEVER) <= bound and not figures["unsettled"]


def late_rows(long: bool) -> Iterator[Row]:
    for delay in (20, 40, 90):
        weather = Weather(lost=0.3, shown_after=scaled.real(delay))
        for engine in ("sqlite", "postgresql"):
            runs = [Run("slack", engine, partial(deliver, engine, 90), 300 if long else 75, weather=weather, part=0.3)]
            held = once_in_the_end if delay > 60 else once
            yield Row("R4", f"30 % not answered, history {delay} s late", runs, held)


def once_in_the_end(figures: Figures) -> bool:
    """Nothing is lost, and what was there twice is there once in the end."""
    return not (figures["lost"] or figures["doubled"] or figures["bare"])


def blind_rows(long: bool) -> Iterator[Row]:
    for engine in ("sqlite", "postgresql"):
        weather = Weather(lost=0.3, readable=False)
        yield Row(
            "R5", "30 % not answered, no history scope", [Run("slack", engine, doubt, 100, weather=weather)], asked_once
        )


def doubt(case: Case) -> Figures:
    """Nobody may look: a person decides, and until then nothing more is posted there."""
    case.start()
    finished = case.finish(60)
    journal, verdict = case.journal(), case.verdict()
    doubtful = {line.place for line in journal if line.fault}
    notices = [line.text for line in journal if line.what == "notified"]
    silent = sum(not any(place in text for text in notices) for place in doubtful)
    return {
        "planned": verdict.planned,
        "in_doubt": len(doubtful),
        "reposted": verdict.seen_twice,
        "notified": len(notices),
        "notified_twice": len(notices) - len(set(notices)),
        "not_notified": silent,
        "unsettled": int(not finished),
    }


def asked_once(figures: Figures) -> bool:
    """No automatic repost, and one message for each doubt."""
    return not (figures["reposted"] or figures["notified_twice"] or figures["not_notified"] or figures["unsettled"])
