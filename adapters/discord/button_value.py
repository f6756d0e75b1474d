"""The custom id of a button contains its call, so it works after any restart.

    d:<delivery key or nothing>:<number in the message><r if the answer replaces the message><c if confirmed>:<path>|<name>=<value>…

The id only names things. Permissions are checked again at every press.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote

from adapters.discord.markup import size
from adapters.discord.places import DISCORD
from bot.domain.card import Action, Block, Call, Card, Entries, Fields
from bot.domain.ids import WorkspaceRef
from bot.domain.record import record
from bot.domain.value import channel_at

MAX_CUSTOM_ID = 100
"""Documentation of components, August 2026."""
TEMPLATE = re.compile(
    r"d:(?P<key>[A-Za-z0-9_-]{0,24}):(?P<number>\d{1,2})(?P<replaces>r?)(?P<confirmed>c?):(?P<path>[^|]+)(?P<arguments>.*)",
    re.DOTALL,
)
_RESERVED = re.compile(r"[%|\x00-\x1f\x7f]|^\s|\s$")


@record
class Press:
    """A button press. `key` belongs to the delivery that posted the button; empty for an answer. `confirmed` means that
    the button was the answer to a question whether the person is sure.
    """

    key: str
    replaces: bool
    call: Call
    confirmed: bool = False


def custom_id(action: Action, *, key: str, number: int) -> str | None:
    """The id of the `number`-th button of a message; None if the call is too long for it."""
    head = f"d:{key}:{number}{'r' if action.replaces else ''}{'c' if action.confirmed else ''}:{'.'.join(action.call.path)}"
    tail = "".join(f"|{_quoted(name)}={_quoted(value)}" for name, value in action.call.arguments.items())
    whole = head + tail
    return whole if size(whole) <= MAX_CUSTOM_ID and whole.isprintable() else None


def press(id: str) -> Press | None:
    """Parse what `custom_id` wrote; None for an id that is not ours."""
    match = TEMPLATE.fullmatch(id)
    if match is None:
        return None
    arguments = dict(_pair(part) for part in match["arguments"].split("|")[1:])
    return Press(
        key=match["key"],
        replaces=bool(match["replaces"]),
        confirmed=bool(match["confirmed"]),
        call=Call(path=tuple(match["path"].split(".")), arguments=arguments),
    )


SERVER = "server"
"""What a button in a direct message names its server in, besides the arguments of its command."""


def afar(card: Card, workspace: WorkspaceRef) -> Card:
    """The card for a direct message: each of its buttons names the server in which it is used, by a channel there if its
    command has one.
    """

    def placed(action: Action) -> Action:
        arguments = action.call.arguments
        if channel_at(arguments.get("channel", "")):
            return action
        return replace(action, call=replace(action.call, arguments={**arguments, SERVER: workspace.id}))

    def named(actions: Sequence[Action]) -> tuple[Action, ...]:
        return tuple(map(placed, actions))

    blocks: list[Block] = []
    for block in card.blocks:
        if isinstance(block, Fields):
            blocks.append(replace(block, actions=named(block.actions)))
        elif isinstance(block, Entries):
            blocks.append(Entries(items=tuple(replace(line, actions=named(line.actions)) for line in block.items)))
        else:
            blocks.append(block)
    return replace(card, blocks=tuple(blocks), actions=named(card.actions))


def from_afar(press: Press) -> tuple[Press, WorkspaceRef | None]:
    """The button press without its server, and that server; None where the button names none."""
    arguments = dict(press.call.arguments)
    server = arguments.pop(SERVER, "")
    return replace(press, call=replace(press.call, arguments=arguments)), (
        WorkspaceRef(DISCORD, server) if server else None
    )


def _quoted(text: str) -> str:
    return _RESERVED.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text)


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return unquote(name), unquote(value)
