"""Addresses of databases and servers, as they may be shown or logged: without any part of a password.

An address is shown only if it is strictly well formed, so that it is certain where its password begins and ends. Of any
other address only the scheme is shown.
"""

import re

HIDDEN = "(set, not shown)"
"""Shown in place of an address whose scheme we do not know."""

_SCHEME = re.compile(
    r"((?:postgres(?:ql)?|mysql|mariadb|oracle|mssql|sqlite)(?:\+[a-z0-9_]+)?|https?|wss?):/", re.IGNORECASE
)
_NAME = r"[A-Za-z0-9._~-]*"
_ENCODED = r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*"
_HOST = r"(?:[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_HOSTS = rf"(?:{_HOST}(?:,[A-Za-z0-9._-]+(?::[0-9]{{1,5}})?)*|%2[Ff][A-Za-z0-9._%-]*(?::[0-9]{{1,5}})?)"
"""Several hosts, or the folder of a socket, as PostgreSQL's own tools take them."""
_FILE = re.compile(r"sqlite:///(?![^?]*:[^?]*@)[^?#\x00-\x1f\x7f]*")
"""A path with a colon and then an @ is more likely the address of a server under the wrong scheme."""
_SERVER = re.compile(rf"([a-z0-9+_]+://)(?:({_NAME})(:{_ENCODED})?@)?({_HOSTS}(?:/{_NAME})?)(?:\?([^@#\s]*))?")
_WEB = re.compile(rf"((?:https?|wss?)://)({_ENCODED}@)?({_HOST}(?:/[A-Za-z0-9._~/-]*)?)(\?[^@#\s]*)?")
_PLAIN_OPTIONS = re.compile(
    r"(application_name|channel_binding|client_encoding|connect_timeout|gssencmode|host|hostaddr|keepalives\w*"
    r"|load_balance_hosts|port|sslmode|sslrootcert|target_session_attrs|tcp_user_timeout)=[\w/.,:~-]*",
    re.ASCII,
)
_HIDDEN_OPTIONS = re.compile(r"(options|password|passfile|require_auth|service|ssl\w+|user)=.*", re.ASCII)
"""Options of a PostgreSQL address. An address with any other option is not strictly well formed."""

_SERVER_IN_TEXT = re.compile(
    r"(?:postgres(?:ql)?|mysql|mariadb)(?:\+\w+)?:/+(?:.*@)?[^\s\"'“”‘’)]*", re.IGNORECASE | re.DOTALL
)
_USER_IN_TEXT = re.compile(r"(?<![\w+.-])([a-z][a-z0-9+.-]*:/+)[^\s/?#\"'<>]*@", re.IGNORECASE)


def is_strict(address: str) -> bool:
    """Whether it is certain which part of the address is its password."""
    return _masked(address) is not None


def scheme(address: str) -> str | None:
    """The scheme if databases or web servers use it, else None: it may be the beginning of a password."""
    found = _SCHEME.match(address)
    return found[1].lower() if found else None


def shown(address: str) -> str:
    """The address with `***` for its secrets. Only the scheme if the address is not strictly well formed."""
    masked = _masked(address)
    if masked is not None:
        return masked
    known = scheme(address)
    return f"{known}://…" if known else HIDDEN


def redacted(text: str) -> str:
    """The text, for example a library's message, with every address in it redacted."""
    if ":/" not in text:
        return text
    return _SERVER_IN_TEXT.sub(lambda found: shown(found[0]), _USER_IN_TEXT.sub(_without_user, text))


def _without_user(found: re.Match[str]) -> str:
    """The user of a database is shown only if it is certain which part is the user."""
    known = scheme(found[0])
    return found[0] if known and not known.startswith(("http", "ws")) else f"{found[1]}***@"


def _masked(address: str) -> str | None:
    if scheme(address) is None:
        return None
    if address.startswith("sqlite"):
        return address if _FILE.fullmatch(address) else None
    if web := _WEB.fullmatch(address):
        return f"{web[1]}{'***@' if web[2] else ''}{web[3]}{'?***' if web[4] else ''}"
    server = _SERVER.fullmatch(address)
    if server is None:
        return None
    user = "" if server[2] is None else f"{server[2]}{':***' if server[3] else ''}@"
    options = [_option(one) for one in server[5].split("&")] if server[5] else []
    if None in options:
        return None
    return f"{server[1]}{user}{server[4]}{'?' if options else ''}{'&'.join(map(str, options))}"


def _option(written: str) -> str | None:
    if _PLAIN_OPTIONS.fullmatch(written):
        return written
    hidden = _HIDDEN_OPTIONS.fullmatch(written)
    return f"{hidden[1]}=***" if hidden else None
