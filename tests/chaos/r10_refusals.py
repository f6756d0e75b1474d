"""R10 and R11: channels that refuse for good, and a platform that is away when the digests fall due."""

import time
from collections.abc import Iterator
from functools import partial

from tests.chaos import process, scaled
from tests.chaos.case import Case
from tests.chaos.row import Figures, Row, Run, found, once
from tests.chaos.sky import SIDES, ahead
from tests.chaos.weather import Weather

CODES = {
    "slack": ("is_archived", "channel_not_found", "restricted_action", "msg_too_long"),
    "discord": ("50001", "50013", "10003", "40060"),
}
REFUSING = 10
CHANNELS = 20
AWAY = scaled.real(120)
SIX_HOURS = 6 * 3600.0
MORE_THAN_A_DAY = 25 * 3600.0


def refusing(platform: str) -> Weather:
    places = SIDES[platform].places(REFUSING)
    codes = CODES[platform]
    return Weather(refuses={place: codes[number % len(codes)] for number, place in enumerate(places)})


def refuse(case: Case) -> Figures:
    """Half of the channels refuse; the others are none the worse for it."""
    case.start()
    finished = case.finish(30)
    time.sleep(scaled.real(60))
    journal = case.journal()
    asked = [sum(line.place == place for line in journal if line.what == "refused") for place in case.places]
    notices = [line.text for line in journal if line.what == "notified"]
    spared = [line for line in journal if line.what == "post" and not line.root]
    return {
        "refused": sum(1 for times in asked if times),
        "most_asked": max(asked),
        "notified": len(notices),
        "notified_twice": len(notices) - len(set(notices)),
        "posted": len(spared),
        "unsettled": int(not finished),
    }


def let_be(figures: Figures) -> bool:
    """At most one more try, one message for each, and all the others posted."""
    runs = figures["runs"]
    return (
        figures["refused"] == figures["notified"] == REFUSING * runs
        and figures["most_asked"] <= 2 * runs
        and figures["posted"] == (CHANNELS - REFUSING) * runs
        and not figures["notified_twice"]
        and not figures["unsettled"]
    )


def rows(long: bool) -> Iterator[Row]:
    for engine in ("sqlite", "postgresql"):
        for platform in ("slack", "discord"):
            run = Run(platform, engine, refuse, CHANNELS, weather=refusing(platform))
            yield Row("R10", f"{REFUSING} of {CHANNELS} channels refuse for good", [run] * (5 if long else 1), let_be)


def return_in_time(case: Case) -> Figures:
    """Six hours pass: a worker tries while nobody listens, and the one after it finds the platform back."""
    before = case.start()
    time.sleep(AWAY)
    process.killed(before)
    case.weather(Weather())
    case.start(virtual=ahead(case.order.virtual, SIX_HOURS))
    settled = case.settle(90, every=0.5)
    figures = dict(found(case.verdict(), unsettled=int(not settled)))
    del figures["late"], figures["whole"]
    return figures


def return_too_late(case: Case) -> Figures:
    """More than a day passes: nothing is posted any more, and it is said once for each channel."""
    before = case.start()
    time.sleep(AWAY)
    process.killed(before)
    case.weather(Weather())
    case.start(virtual=ahead(case.order.virtual, MORE_THAN_A_DAY))
    process.until(lambda: case.count("notified") > 0, 30)
    finished = case.finish(30)  # notices go out one after the other: one admin gets those of all channels
    time.sleep(scaled.real(60))
    notices = [line.text for line in case.journal() if line.what == "notified"]
    return {
        "posted": case.count("post"),
        "notified": len(notices),
        "notified_twice": len(notices) - len(set(notices)),
        "unsettled": int(not finished),
    }


def outage_rows(long: bool) -> Iterator[Row]:
    for kind, weather in (("refuses connections", Weather(away=True)), ("answers 503", Weather(down=True))):
        for engine in ("sqlite", "postgresql"):
            for platform in ("slack", "discord"):
                back = Run(platform, engine, return_in_time, CHANNELS, weather=weather)
                what = f"the platform {kind} for 6 h over the due time"
                yield Row("R11", what, [back] * (5 if long else 1), once)
    for engine in ("sqlite", "postgresql"):
        for platform in ("slack", "discord"):
            gone = Run(platform, engine, return_too_late, CHANNELS, weather=Weather(away=True))
            yield Row("R11", "the platform is away for 25 h", [gone], partial(skipped, CHANNELS))


def skipped(channels: int, figures: Figures) -> bool:
    notified = figures["notified"] == channels * figures["runs"]
    return notified and not (figures["posted"] or figures["notified_twice"] or figures["unsettled"])
