"""What the Home tab shows a person: what several commands answer them, one below the other."""

from collections.abc import Mapping
from dataclasses import replace

from bot.chat.platform import Actor, Core
from bot.domain.card import Action, Call, Card
from bot.domain.ids import InvocationId
from bot.domain.record import record

SHOWN = (
    Call(path=("home",)),
    Call(path=("next",)),
    Call(path=("tags",)),
    Call(path=("settings", "show")),
    Call(path=("status",)),
    Call(path=("schedule", "list")),
)
ADDED: Mapping[tuple[str, ...], tuple[Action, ...]] = {
    ("settings", "show"): (Action(label="Change time zone", call=Call(path=("settings", "zone"))),),
    ("schedule", "list"): (Action(label="Set a schedule", call=Call(path=("schedule", "set")), primary=True),),
}


@record
class Home:
    """The cards in their order; `transient` ones only say that the tab cannot be told at the moment."""

    cards: tuple[Card, ...]
    transient: bool = False


async def home_of(core: Core, actor: Actor, after: InvocationId | None) -> Home:
    """The person's Home tab. What is refused is left out, but the first, which then says why."""
    answers = await core.invoke_all(actor, SHOWN, after=after)
    cards: list[Card] = []
    for call, answer in zip(SHOWN, answers, strict=True):
        if answer is None or not isinstance(answer.show, Card):
            continue
        if answer.transient or (answer.refusal and not cards):
            return Home(cards=(answer.show,), transient=answer.transient)
        if not answer.refusal:
            cards.append(replace(answer.show, actions=(*answer.show.actions, *ADDED.get(call.path, ()))))
    return Home(cards=tuple(cards))
