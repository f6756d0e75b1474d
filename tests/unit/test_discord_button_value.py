"""What a button of Discord's carries, also one that an earlier version posted."""

import pytest

from adapters.discord.button_value import custom_id, press
from bot.domain.card import Action, Call


@pytest.mark.parametrize(
    ("written", "path", "replaces"),
    [
        ("d:AbCdEfGhIjKlMnOpQrStUvWx:0:read|entry=#12", ("read",), False),
        ("d::3r:list|page=2", ("list",), True),
        ("d::1:digest.skip|channel=#900000000000000001", ("digest", "skip"), False),
    ],
)
def test_the_ids_of_0_1_0_are_read_as_presses_that_nobody_confirmed(
    written: str, path: tuple[str, ...], replaces: bool
) -> None:
    found = press(written)
    assert found is not None
    assert (found.call.path, found.replaces, found.confirmed) == (path, replaces, False)


@pytest.mark.parametrize("replaces", [True, False])
@pytest.mark.parametrize("confirmed", [True, False])
def test_what_an_action_says_of_itself_comes_back_with_its_press(replaces: bool, confirmed: bool) -> None:
    call = Call(path=("share",), arguments={"entry": "#12"})
    own = custom_id(Action(label="Share", call=call, replaces=replaces, confirmed=confirmed), key="", number=7)
    assert own is not None
    found = press(own)
    assert found is not None
    assert (found.call, found.replaces, found.confirmed) == (call, replaces, confirmed)


def test_the_longest_buttons_of_a_digest_fit() -> None:
    where = {"channel": "#1234567890123456789"}
    longest = (
        Call(path=("digest", "post"), arguments={"entry": "#1234", "week": "2026-W49", "skipped": "2026-W49", **where}),
        Call(path=("share",), arguments={"entry": "#1234", **where, "again": "12345678901234567"}),
        Call(path=("unshare",), arguments={"entry": "#1234", **where, "post": "12345678901234567"}),
        Call(path=("read",), arguments={"entry": "#1234", "back": "x" * 40}),
    )
    for call in longest:
        assert custom_id(Action(label="x", call=call, replaces=True, confirmed=True), key="", number=39) is not None
