"""Signing in to the pages from the chat, sessions, and the private addresses of feeds.

A token is random and is handed out once; the database has only its hash.
"""

from collections.abc import Sequence
from hashlib import sha256

from bot.domain.ids import MemberId, TeamId, WorkspaceRef
from bot.domain.record import record
from bot.domain.team import Member, Team
from bot.domain.web import LINK_LASTS, SESSION_LASTS, Opens, WebKey
from bot.ports.store import Transaction

MAX_SESSIONS = 20
"""Sessions of one member. One more ends the oldest."""


@record
class Visitor:
    """A member in a browser, with the session that says so."""

    team: Team
    member: Member
    key: WebKey


def hashed(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode(errors="replace")).digest()


def invite(tx: Transaction, member: Member, workspace: WorkspaceRef, token: str) -> None:
    """Let the token sign the member in once, within five minutes."""
    _add(tx, member, workspace, token, Opens.LINK)


def invited(tx: Transaction, token: str) -> Member | None:
    """The member whom the link signs in; None if it does not work any more. It is not used up."""
    key = tx.web_keys.find(Opens.LINK, hashed(token))
    return tx.teams.member_with_id(key.member) if key else None


def sign_in(tx: Transaction, link: str, token: str) -> Visitor | None:
    """Use up the link and begin a session with this token; None if the link does not work any more."""
    used = tx.web_keys.take(Opens.LINK, hashed(link))
    member = tx.teams.member_with_id(used.member) if used else None
    if used is None or member is None:
        return None
    for old in tx.web_keys.of_member(member.id, Opens.SESSION)[MAX_SESSIONS - 1 :]:
        tx.web_keys.remove(member.id, Opens.SESSION, old.hash)
    key = _add(tx, member, used.workspace, token, Opens.SESSION)
    return Visitor(team=tx.teams.get(member.team), member=member, key=key)


def visitor(tx: Transaction, token: str, opens: Opens = Opens.SESSION) -> Visitor | None:
    """The member whose session, or private feed, has this token."""
    key = tx.web_keys.find(opens, hashed(token)) if token else None
    member = tx.teams.member_with_id(key.member) if key else None
    if key is None or member is None:
        return None
    return Visitor(team=tx.teams.get(key.team), member=member, key=key)


def sessions(tx: Transaction, member: MemberId) -> Sequence[WebKey]:
    """The member's sessions, newest first."""
    return tx.web_keys.of_member(member, Opens.SESSION)


def sign_out(tx: Transaction, member: MemberId, session: bytes | None = None) -> int:
    """End one session, or all of them with the links that were not used yet. Returns how many sessions ended."""
    if session is None:
        tx.web_keys.remove(member, Opens.LINK)
    return tx.web_keys.remove(member, Opens.SESSION, session)


def sign_everyone_out(tx: Transaction, team: TeamId) -> None:
    """End every session, link and private address of the team, for example after a person has left it."""
    tx.web_keys.remove_of_team(team)


def has_feed(tx: Transaction, member: MemberId) -> bool:
    return bool(tx.web_keys.of_member(member, Opens.FEED))


def reset_feed(tx: Transaction, who: Visitor, token: str | None) -> None:
    """Give the member's feeds a new private address, or none. The old one stops working."""
    tx.lock([f"web {who.member.id}"])
    tx.web_keys.remove(who.member.id, Opens.FEED)
    if token is not None:
        _add(tx, who.member, who.key.workspace, token, Opens.FEED)


def _add(tx: Transaction, member: Member, workspace: WorkspaceRef, token: str, opens: Opens) -> WebKey:
    lasts = {Opens.LINK: LINK_LASTS, Opens.SESSION: SESSION_LASTS, Opens.FEED: None}[opens]
    key = WebKey(
        hash=hashed(token),
        team=member.team,
        member=member.id,
        opens=opens,
        workspace=workspace,
        at=tx.now(),
        until=tx.now() + lasts if lasts else None,
    )
    tx.web_keys.add(key)
    return key
