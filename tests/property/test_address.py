"""An address is shown without any part of its password, however the password and the address are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.address import HIDDEN, is_strict, redacted, shown
from bot.domain.errors import BadConfig
from store.sql import address

LETTERS = "ZXÄЖ"
"""In a password, and nowhere else in what is shown or said."""
PASSWORDS = st.text(LETTERS + "0123456789@/?#%[]: '\"&=+;,.~\\\n", min_size=2).filter(set(LETTERS).intersection)
MISSHAPEN = (
    "{scheme}://dogear:{password}@db.example.org:5432/club",
    "{scheme}://dogear:{password}@db.example.org/club?sslmode=require",
    "{scheme}://:{password}@[::1]:5432/club",
    "{scheme}://dogear:{password}@/club",
    "{scheme}://dogear:{password}@db.example.org:port/club",
    "{scheme}://dogear:{password}@@db.example.org/club",
    "{scheme}://dogear:{password}@{password}@db.example.org/club",
    "{scheme}://dogear/{password}@db.example.org/club",
    "{scheme}://dogear%3A{password}@db.example.org/club",
    "{scheme}:///dogear:{password}@db.example.org/club",
    "{scheme}:/dogear:{password}@db.example.org/club",
    "{scheme}:dogear:{password}@db.example.org/club",
    " {scheme}://dogear:{password}@db.example.org/club",
    "dogear:{password}@db.example.org/club",
    "host=db.example.org password={password}",
    "{scheme}://db.example.org/club?password={password}",
    "{scheme}://db.example.org/club?user=dogear&sslpassword={password}&sslmode=require",
)
SCHEMES = ("postgresql", "postgres", "postgresql+psycopg", "mysql", "sqlite", "https", "postgrsql")


@given(st.sampled_from(MISSHAPEN), st.sampled_from(SCHEMES), PASSWORDS)
def test_no_letter_of_a_password_is_shown(template: str, scheme: str, password: str) -> None:
    assert not set(LETTERS) & set(shown(template.format(scheme=scheme, password=password)))


@given(st.sampled_from(MISSHAPEN), st.sampled_from(SCHEMES), PASSWORDS)
def test_a_refused_address_is_not_quoted(template: str, scheme: str, password: str) -> None:
    try:
        address(template.format(scheme=scheme, password=password))
    except BadConfig as error:
        said = str(error)
    else:
        said = ""

    assert not set(LETTERS) & set(said)


@given(
    st.sampled_from([one for one in MISSHAPEN if "{scheme}:/" in one and "@" in one.replace("{password}", "")]),
    st.sampled_from([scheme for scheme in SCHEMES if scheme.startswith("postgresql")]),
    PASSWORDS,
)
def test_a_password_is_taken_out_of_a_text(template: str, scheme: str, password: str) -> None:
    text = f"cannot use {template.format(scheme=scheme, password=password)!s}: no such host"

    assert not set(LETTERS) & set(redacted(text))
    assert redacted(text).endswith("no such host")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://dogear:secret@db:5432/club", "postgresql://dogear:***@db:5432/club"),
        ("postgres://dogear:p%40ss@db/club?sslmode=require", "postgres://dogear:***@db/club?sslmode=require"),
        ("postgresql:///club?host=/run/pg&password=secret", "postgresql:///club?host=/run/pg&password=***"),
        ("postgresql://dogear:p/w@db/club", "postgresql://…"),
        ("postgresql://dogear:p@w@db/club", "postgresql://…"),
        ("sqlite:////data/a@b.db", "sqlite:////data/a@b.db"),
        ("sqlite:///dogear:secret@db/club", "sqlite://…"),
        ("https://token@api.example.org/slack/?key=secret", "https://***@api.example.org/slack/?***"),
        ("https://user:p/w@api.example.org/", "https://…"),
        ("secret://dogear", HIDDEN),
    ],
)
def test_an_address_is_shown_as_far_as_it_is_certain(address: str, expected: str) -> None:
    assert shown(address) == expected
    assert is_strict(address) == ("…" not in expected and expected != HIDDEN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("via http://user:secret@proxy:3128 failed", "via http://***@proxy:3128 failed"),
        ("https://medium.com/@ana/post", "https://medium.com/@ana/post"),
        ("sqlite:///PATH or postgresql://USER@HOST/NAME. Or not.", None),
        ("the place postgresql:/dogear:secret@db/club is not there", "the place postgresql://… is not there"),
        ("ana@example.org", None),
    ],
)
def test_only_what_may_be_secret_is_taken_out_of_a_text(text: str, expected: str | None) -> None:
    assert redacted(text) == (text if expected is None else expected)


@pytest.mark.parametrize("password", ["p/w", "p#w", "p?w", "p[w]", "100%", "p w", "p:w", "pä'w", "p%40%2Fw"])
def test_a_password_with_odd_characters_still_connects(password: str) -> None:
    parsed = address(f"postgresql://dogear:{password}@db/club")

    assert (parsed.password, parsed.host, parsed.database) == (password.replace("%40%2F", "@/"), "db", "club")
