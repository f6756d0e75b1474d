"""Small secrets of the platforms, encrypted with a key that is not in the database."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, delete, select, update

from bot.domain.errors import BadConfig
from bot.domain.ids import PlatformName
from store.sql.tables import SECRET

if TYPE_CHECKING:
    from store.sql.session import Session
    from store.sql.store import SqlStore


class SqlVault:
    """The synchronous part of `bot.chat.platform.Vault`.

    `keys` are Fernet keys as text. The first encrypts; the others only decrypt older secrets. Raises BadConfig for an
    invalid key, and for a secret that no key decrypts.
    """

    def __init__(self, store: "SqlStore", keys: Sequence[str]) -> None:
        from cryptography.fernet import Fernet, MultiFernet  # 0.1 s, only paid if there are secrets

        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise BadConfig(["Each vault key must be 32 bytes in URL-safe base64, and there must be one."]) from None
        self._store = store

    def save(self, platform: PlatformName, name: str, secret: bytes) -> None:
        token = self._fernet.encrypt(_sealed(platform, name, secret))
        with self._store.begin(write=True) as work:
            statement = work.insert(SECRET).values(platform=platform, name=name, token=token)
            replaced = {"token": statement.excluded.token}
            work.change(statement.on_conflict_do_update(index_elements=["platform", "name"], set_=replaced))

    def load(self, platform: PlatformName, name: str) -> bytes | None:
        with self._store.begin(write=False) as work:
            token = work.value(select(SECRET.c.token).where(_named(platform, name)))
        return None if token is None else self._opened(platform, name, bytes(token))

    def delete(self, platform: PlatformName, name: str) -> None:
        with self._store.begin(write=True) as work:
            work.change(delete(SECRET).where(_named(platform, name)))

    def compare_and_swap(self, platform: PlatformName, name: str, old: bytes | None, new: bytes | None) -> bool:
        """Replace `old` with `new`, where None means nothing stored. False if something else is stored."""
        with self._store.begin(write=True) as work:
            row: bytes | None = work.value(select(SECRET.c.token).where(_named(platform, name)).with_for_update())
            if old is None or row is None:
                return old is row and (new is None or self._added(work, platform, name, new))
            if self._opened(platform, name, bytes(row)) != old:
                return False
            if new is None:
                return work.change(delete(SECRET).where(_named(platform, name))) == 1
            token = self._fernet.encrypt(_sealed(platform, name, new))
            return work.change(update(SECRET).where(_named(platform, name)).values(token=token)) == 1

    def _added(self, work: "Session", platform: PlatformName, name: str, secret: bytes) -> bool:
        token = self._fernet.encrypt(_sealed(platform, name, secret))
        statement = work.insert(SECRET).values(platform=platform, name=name, token=token)
        return work.change(statement.on_conflict_do_nothing()) == 1

    def rotate(self) -> int:
        """Encrypt every secret again with the first key. Returns how many there are."""
        with self._store.begin(write=True) as work:
            rows = work.rows(select(SECRET).order_by(SECRET.c.platform, SECRET.c.name).with_for_update())
            for row in rows:
                secret = self._opened(row.platform, row.name, bytes(row.token))
                token = self._fernet.encrypt(_sealed(row.platform, row.name, secret))
                work.change(update(SECRET).where(_named(row.platform, row.name)).values(token=token))
        return len(rows)

    def _opened(self, platform: str, name: str, token: bytes) -> bytes:
        from cryptography.fernet import InvalidToken

        try:
            sealed = self._fernet.decrypt(token)
        except InvalidToken:
            raise BadConfig(
                [f"The secret {name} of {platform} cannot be decrypted with DOGEAR_VAULT_KEYS. {_REMEDY}"]
            ) from None
        seal = _sealed(platform, name, b"")
        if not sealed.startswith(seal):
            raise BadConfig([f"The secret {name} of {platform} was stored under another name. {_REMEDY}"])
        return sealed.removeprefix(seal)


_REMEDY = "Set the key it was encrypted with, or have the platform install the bot again."


def _sealed(platform: str, name: str, secret: bytes) -> bytes:
    """The secret with its own name in front, so that a row copied to another name cannot be decrypted."""
    return f"{len(platform)}:{platform}{len(name)}:{name}".encode() + secret


def _named(platform: str, name: str) -> ColumnElement[bool]:
    return and_(SECRET.c.platform == platform, SECRET.c.name == name)
