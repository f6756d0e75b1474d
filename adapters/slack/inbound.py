"""Parses and validates Slack's payloads. Malformed ones are rejected."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from hashlib import sha256
from typing import Any

from adapters.slack import button_value
from adapters.slack.button_value import Way
from adapters.slack.names import ID
from adapters.slack.payload import Malformed, id_at, objects, text_at
from adapters.slack.richtext import Json
from adapters.slack.text import plain_of_mrkdwn
from bot.domain.card import Call
from bot.domain.ids import InvocationId
from bot.domain.record import record

MAX_TYPED = 8000
"""Characters of a typed line. Slack's own message box allows 4,000 and may write entities for them."""
MAX_LINKS = 25
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_TS = re.compile(r"\d{1,12}\.\d{1,9}")
_LINK = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>")


class Origin(Enum):
    """Where a use came from, and so where its answer is shown."""

    COMMAND = auto()
    MESSAGE = auto()
    HOME = auto()
    MODAL = auto()
    SHORTCUT = auto()
    MENTION = auto()


@record
class Use:
    """One use of a command. `id` is the same for every repeat of it.

    `home` is the person's own workspace, empty if Slack does not say. `room` is the conversation in which a message to us
    is answered.
    """

    id: InvocationId
    team: str
    user: str
    name: str
    origin: Origin
    call: Call | str
    channel: str | None = None
    trigger: str = ""
    respond: str = ""
    way: Way = Way.USE
    part: int = 1
    view: str = ""
    thread: str = ""
    private: bool = False
    home: str = ""
    room: str = ""
    pressed: bool = False
    confirmed: bool = False


@record
class Shortcut:
    """A message shortcut: what to do with the entry that a message shows or links, or with `call` the call itself."""

    use: Use
    word: str
    entries: tuple[str, ...]
    links: tuple[str, ...]
    call: Call | None = None


def _invocation(team: str, payload: Json) -> InvocationId:
    """The trigger id identifies one use and is the same for every repeat."""
    trigger = text_at(payload, "trigger_id")
    if not trigger:
        raise Malformed("no trigger")
    return InvocationId(f"slack:{sha256(f'{team}/{trigger}'.encode()).hexdigest()[:40]}")


def command(payload: Json) -> Use:
    """A typed line."""
    team = id_at(payload, "team_id")
    typed = text_at(payload, "text")
    return Use(
        id=_invocation(team, payload),
        team=team,
        user=id_at(payload, "user_id"),
        name=text_at(payload, "user_name"),
        origin=Origin.COMMAND,
        call=plain_of_mrkdwn(typed[:MAX_TYPED]).strip(),
        channel=_public(id_at(payload, "channel_id")),
        trigger=text_at(payload, "trigger_id"),
        respond=text_at(payload, "response_url"),
    )


def said(event: Json, team: str, id: InvocationId, own: str) -> Use | None:
    """A message to us: one that names us, or a direct one; None for anything else, such as what an app wrote."""
    direct = text_at(event, "channel_type") == "im"
    user = text_at(event, "user")
    if event.get("bot_id") or event.get("subtype") or not user or user == own:
        return None
    if text_at(event, "type") == "message" and not direct:
        return None
    room = id_at(event, "channel")
    text = re.sub(rf"<@{re.escape(own)}(?:\|[^<>]*)?>", " ", text_at(event, "text")[:MAX_TYPED])
    return Use(
        id=id,
        team=team,
        user=id_at(event, "user"),
        home=text_at(event, "user_team") or text_at(event, "team"),
        name="",
        origin=Origin.MENTION,
        call=plain_of_mrkdwn(text).strip(),
        channel=_public(room),
        thread=text_at(event, "thread_ts"),
        room=room,
        private=room.startswith("D"),
    )


def _public(channel: str) -> str | None:
    """Direct messages do not count as channels of the club."""
    return None if channel.startswith("D") else channel


def pressed(payload: Json) -> Use:
    """A button press in a message, the Home tab or a modal."""
    actions = objects(payload, "actions")
    if len(actions) != 1:
        raise Malformed("not one action")
    try:
        made = button_value.read(text_at(actions[0], "action_id"), text_at(actions[0], "value"))
    except (ValueError, RecursionError) as wrong:
        raise Malformed("no button of ours") from wrong
    team = id_at(payload, "team", "id")
    kind = text_at(payload, "view", "type")
    where = text_at(payload, "channel", "id") or _metadata(payload).get("channel", "")
    return Use(
        id=_invocation(team, payload),
        team=team,
        user=id_at(payload, "user", "id"),
        home=text_at(payload, "user", "team_id"),
        name=text_at(payload, "user", "username"),
        origin={"home": Origin.HOME, "modal": Origin.MODAL}.get(kind, Origin.MESSAGE),
        call=made.call,
        channel=_public(where) if ID.fullmatch(where) else None,
        trigger=text_at(payload, "trigger_id"),
        respond=text_at(payload, "response_url"),
        way=made.way,
        part=made.part,
        view=text_at(payload, "view", "id"),
        thread=text_at(payload, "container", "thread_ts"),
        private=_is_private(payload),
        pressed=True,
        confirmed=made.confirmed,
    )


def _is_private(payload: Json) -> bool:
    container = payload.get("container")
    return isinstance(container, Mapping) and container.get("is_ephemeral") is True


def _metadata(payload: Json) -> dict[str, Any]:
    try:
        kept = json.loads(text_at(payload, "view", "private_metadata") or "{}")
    except (ValueError, RecursionError) as wrong:
        raise Malformed("no view of ours") from wrong
    if not isinstance(kept, dict):
        raise Malformed("no view of ours")
    return {key: value for key, value in kept.items() if isinstance(value, (str, list, dict))}


def submitted(payload: Json) -> Use:
    """A submitted form: its call, with the values added to its arguments."""
    team = id_at(payload, "team", "id")
    kept = _metadata(payload)
    path, given = kept.get("p"), kept.get("a", {})
    if not isinstance(path, list) or not isinstance(given, dict):
        raise Malformed("no form of ours")
    channel = kept.get("channel", "")
    return Use(
        id=_invocation(team, payload),
        team=team,
        user=id_at(payload, "user", "id"),
        home=text_at(payload, "user", "team_id"),
        name=text_at(payload, "user", "name") or text_at(payload, "user", "username"),
        origin=Origin.MODAL,
        call=Call(
            path=tuple(map(str, path)),
            arguments={
                **{str(key): value for key, value in given.items() if isinstance(value, str)},
                **_filled(payload),
            },
        ),
        channel=channel if ID.fullmatch(channel) else None,
        trigger=text_at(payload, "trigger_id"),
        view=text_at(payload, "view", "id"),
    )


def _filled(payload: Json) -> dict[str, str]:
    """The form's values by field name, without empty ones."""
    view = payload.get("view")
    state = view.get("state") if isinstance(view, Mapping) else None
    values = state.get("values") if isinstance(state, Mapping) else None
    found = {}
    for name, controls in (values if isinstance(values, Mapping) else {}).items():
        for control in (controls if isinstance(controls, Mapping) else {}).values():
            value = _value(control)
            if value:
                found[str(name)] = value[:MAX_TYPED]
    return found


def _value(control: Any) -> str:
    match text_at(control, "type"):
        case "plain_text_input":
            return text_at(control, "value").strip()
        case "static_select" | "external_select":
            return text_at(control, "selected_option", "value")
        case "conversations_select":
            chosen = text_at(control, "selected_conversation")
            return f"#{chosen}" if chosen else ""
        case "timepicker":
            return text_at(control, "selected_time")
        case _:
            return ""


def shortcut(payload: Json, ours: Collection[str | None]) -> Shortcut:
    """A message shortcut. The buttons of our own message name its entry; otherwise its links may.

    `ours` are our user and bot ids there: Slack does not say which app posted the message.
    """
    word = text_at(payload, "callback_id")
    if word not in {"read", "later", "takeaway", "add"}:
        raise Malformed("no shortcut of ours")
    team = id_at(payload, "team", "id")
    message = payload.get("message")
    use = Use(
        id=_invocation(team, payload),
        team=team,
        user=id_at(payload, "user", "id"),
        home=text_at(payload, "user", "team_id"),
        name=text_at(payload, "user", "name"),
        origin=Origin.SHORTCUT,
        call="",
        channel=_public(id_at(payload, "channel", "id")),
        trigger=text_at(payload, "trigger_id"),
        respond=text_at(payload, "response_url"),
        thread=text_at(message, "thread_ts"),
    )
    own = any(name and name in ours for name in (text_at(message, "user"), text_at(message, "bot_id")))
    entries = tuple(dict.fromkeys(_entries(message))) if own else ()
    call = _takeaway(payload, message, entries, own=own) if word == "takeaway" else None
    return Shortcut(use=use, word=word, entries=entries, links=_links(message), call=call)


def _takeaway(payload: Json, message: Any, entries: Sequence[str], *, own: bool) -> Call:
    """The call that opens the form for a takeaway from a message.

    The person's own words are filled in; of somebody else's message only its address is.
    """
    channel, ts = id_at(payload, "channel", "id"), text_at(message, "ts") or text_at(payload, "message_ts")
    root = text_at(message, "thread_ts") or ts
    arguments = {"thread": f"{channel}/{root}"}
    mine = not message.get("bot_id") and text_at(message, "user") == text_at(payload, "user", "id")
    words = plain_of_mrkdwn(text_at(message, "text")[:MAX_TYPED]).strip()
    domain = text_at(payload, "team", "domain")
    if mine and words:
        arguments["text"] = words
    elif not own and _DOMAIN.fullmatch(domain) and _TS.fullmatch(ts) and _TS.fullmatch(root):
        link = f"https://{domain}.slack.com/archives/{channel}/p{ts.replace('.', '')}"
        arguments["about"] = link if root == ts else f"{link}?thread_ts={root}&cid={channel}"
    if len(entries) == 1:
        arguments["entry"] = entries[0]
    return Call(path=("takeaway", "add"), arguments=arguments)


def _entries(message: Any) -> Iterator[str]:
    """The entries that a message of ours has buttons for."""
    for block in objects(message, "blocks"):
        for button in objects(block, "elements") if block.get("type") == "actions" else ():
            try:
                made = button_value.read(text_at(button, "action_id"), text_at(button, "value"))
            except ValueError:
                continue
            if made.call.path in {("read",), ("later",), ("show",)} and "entry" in made.call.arguments:
                yield made.call.arguments["entry"]


def _links(message: Any) -> tuple[str, ...]:
    """The addresses that a message links, each once."""
    found = [match[1].replace("&amp;", "&") for match in _LINK.finditer(text_at(message, "text"))]
    found += [url for block in objects(message, "blocks") for url in _urls(block, 0)]
    for attached in objects(message, "attachments"):
        found += [url for name in ("from_url", "title_link", "original_url") if (url := text_at(attached, name))]
    return tuple(dict.fromkeys(found))[:MAX_LINKS]


def _urls(part: Any, depth: int) -> Iterator[str]:
    if not isinstance(part, Mapping) or depth > 10:
        return
    if part.get("type") == "link" and isinstance(part.get("url"), str):
        yield part["url"]
    for inner in objects(part, "elements"):
        yield from _urls(inner, depth + 1)


def replaced(use: Use, call: Call) -> Use:
    """The same use with another call."""
    return replace(use, call=call)
