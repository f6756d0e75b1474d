"""What the Home tab shows a person: what several commands answer them, one below the other."""

from collections.abc import Mapping
from dataclasses import replace

from bot.chat.platform import Actor, Core, Invocation
from bot.domain.card import Action, Call, Card
from bot.domain.ids import InvocationId

EVERYBODY: tuple[tuple[str, ...], ...] = (("home",), ("next",), ("tags",), ("settings", "show"))
ADMINS: tuple[tuple[str, ...], ...] = (("status",), ("schedule", "list"))
ADDED: Mapping[tuple[str, ...], tuple[Action, ...]] = {
    ("settings", "show"): (Action(label="Change time zone", call=Call(path=("settings", "zone"))),),
    ("schedule", "list"): (Action(label="Set a schedule", call=Call(path=("schedule", "set")), primary=True),),
}


async def cards_of(core: Core, actor: Actor) -> list[Card]:
    """The cards in their order; one that is refused is left out, but the first, which then says why."""
    known = {spec.path for spec in core.catalogue}
    cards: list[Card] = []
    for path in (*EVERYBODY, *ADMINS):
        if path not in known:
            continue
        asked = Invocation(id=_once(), call=Call(path=path), actor=actor, channel=None)
        answer = await core.invoke(asked)
        if isinstance(answer.show, Card) and (not answer.refusal or not cards):
            card = answer.show
            cards.append(replace(card, actions=(*card.actions, *ADDED.get(path, ()))))
        if answer.refusal and len(cards) == 1 and path == EVERYBODY[0]:
            return cards
    return cards


def _once() -> InvocationId:
    """An id that no use before had: what the Home tab asks only reads."""
    from secrets import token_urlsafe

    return InvocationId(f"slack:home:{token_urlsafe(12)}")
