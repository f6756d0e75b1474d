"""Secrets of the platforms: encrypted, bound to their name, readable with an older key until it is taken away."""

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from bot.domain.errors import BadConfig
from bot.domain.ids import PlatformName
from store.sql import SqlStore, SqlVault

CHAT, OTHER = PlatformName("chat"), PlatformName("other")
KEY, NEW_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_secret_comes_back_until_it_is_forgotten(store: SqlStore) -> None:
    vault = SqlVault(store, [KEY])
    vault.save(CHAT, "install/1", b"first")
    vault.save(CHAT, "install/1", b"second")
    vault.save(OTHER, "install/1", b"\0other")

    assert vault.load(CHAT, "install/1") == b"second"
    assert vault.load(OTHER, "install/1") == b"\0other"
    vault.delete(CHAT, "install/1")
    vault.delete(CHAT, "install/1")
    assert vault.load(CHAT, "install/1") is None


def test_the_database_does_not_hold_the_secret(store: SqlStore) -> None:
    SqlVault(store, [KEY]).save(CHAT, "install/1", b"xoxb-canary")

    with store.begin(write=False) as tx:
        kept = bytes(tx.value(text("SELECT token FROM secret")))
    assert b"canary" not in kept


def test_a_wrong_key_is_one_clear_refusal_that_tells_no_secret(store: SqlStore) -> None:
    SqlVault(store, [KEY]).save(CHAT, "install/1", b"canary")

    with pytest.raises(BadConfig, match=r"install/1.*cannot be decrypted") as refusal:
        SqlVault(store, [NEW_KEY]).load(CHAT, "install/1")
    assert "canary" not in str(refusal.value)


@pytest.mark.parametrize("keys", [["no key"], []])
def test_what_is_no_key_is_refused_at_once(store: SqlStore, keys: list[str]) -> None:
    with pytest.raises(BadConfig, match="key"):
        SqlVault(store, keys)


def test_rotation_moves_every_secret_to_the_new_key(store: SqlStore) -> None:
    SqlVault(store, [KEY]).save(CHAT, "a", b"one")
    SqlVault(store, [KEY]).save(CHAT, "b", b"two")

    assert SqlVault(store, [NEW_KEY, KEY]).load(CHAT, "a") == b"one"
    assert SqlVault(store, [NEW_KEY, KEY]).rotate() == 2

    assert SqlVault(store, [NEW_KEY]).load(CHAT, "b") == b"two"


def test_a_row_moved_under_another_name_does_not_open(store: SqlStore) -> None:
    vault = SqlVault(store, [KEY])
    vault.save(CHAT, "theirs", b"secret")
    with store.begin(write=True) as tx:
        tx.change(text("UPDATE secret SET name = 'ours'"))

    with pytest.raises(BadConfig, match="another name"):
        vault.load(CHAT, "ours")
