"""The tree of everything that can go wrong."""

import inspect
from datetime import timedelta

from bot.domain import errors
from bot.domain.errors import (
    BadBackup,
    BadConfig,
    BadUsage,
    Conflict,
    DogearError,
    NotAllowed,
    NotFound,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUncertain,
    Refusal,
    StaleSchema,
    StoreBusy,
    StoreError,
    TooMuch,
)


def subclasses(root: type[Exception]) -> set[type[Exception]]:
    return set(root.__subclasses__())


def test_the_tree_is_the_one_that_is_drawn_at_its_top() -> None:
    assert {Refusal, PlatformError, StoreError, BadConfig} <= subclasses(DogearError)
    assert {BadUsage, NotFound, NotAllowed, Conflict, TooMuch} <= subclasses(Refusal)
    assert subclasses(PlatformError) == {PlatformBusy, PlatformRefused, PlatformUncertain}
    assert subclasses(StoreError) == {StoreBusy, StaleSchema, BadBackup}


def test_every_error_is_in_the_tree_and_drawn_in_it() -> None:
    known = [
        name for name, _ in inspect.getmembers(errors, inspect.isclass) if issubclass(getattr(errors, name), Exception)
    ]

    drawn = inspect.getdoc(errors)
    assert drawn is not None
    assert [name for name in known if name not in drawn] == []
    assert all(issubclass(getattr(errors, name), DogearError) for name in known)


def test_a_refusal_says_what_is_wrong_and_what_to_do() -> None:
    no = NotFound("There is no entry #99.", hint="“search” finds entries.")

    assert str(no) == no.message == "There is no entry #99."
    assert no.hint == "“search” finds entries."


def test_bad_usage_may_name_the_field_to_blame() -> None:
    assert BadUsage("“x” is not a page.", field="page").field == "page"
    assert BadUsage("A quote is not closed.").field is None


def test_the_text_of_a_platform_error_is_its_sentence_and_the_rest_stands_beside_it() -> None:
    busy = PlatformBusy("asked to wait", retry_after=timedelta(seconds=30))
    refused = PlatformRefused("the channel is gone", remedy="Choose another channel.")

    assert (str(busy), busy.retry_after) == ("asked to wait", timedelta(seconds=30))
    assert (str(refused), refused.remedy) == ("the channel is gone", "Choose another channel.")


def test_bad_settings_are_told_all_at_once() -> None:
    error = BadConfig(["DOGEAR_DATABASE: not an address", "DOGEAR_ZONE: unknown"])

    assert error.problems == ("DOGEAR_DATABASE: not an address", "DOGEAR_ZONE: unknown")
    assert str(error) == "DOGEAR_DATABASE: not an address\nDOGEAR_ZONE: unknown"
