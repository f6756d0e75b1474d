"""Commands about a change of the reading list that is held because it would retire many entries."""

from typing import Annotated

from bot.commands.cards import counted, sentence
from bot.commands.declare import Turn, command, named
from bot.domain.card import Card, Tone
from bot.domain.errors import Conflict
from bot.domain.notice import held_card
from bot.domain.team import Role
from bot.domain.value import Kind
from bot.service import entries

MaybeChange = Annotated[str | None, named(Kind.TEXT, "the change, which the button knows")]
MaybeWhere = Annotated[str | None, named(Kind.CHANNEL, "where it was asked, which the button knows")]


@command("sync", "apply", role=Role.ADMIN, writes=True)
def apply_change(turn: Turn, change: MaybeChange = None, channel: MaybeWhere = None) -> Card:  # noqa: ARG001 -- for direct messages
    """Take in a change of the list that would retire many entries.

    Dogear holds such a change, because it is often a mistake. Entries that return later have their numbers and reading
    states again.

    Example: sync apply
    """
    try:
        retired = entries.apply_held(turn.tx, turn.team.id, change)
    except Conflict:
        return _newest(turn)
    gone = f"{counted(retired, 'entry is', 'entries are')} off the list."
    return sentence(gone, "What else changed in the file is read within a minute.", tone=Tone.DONE)


@command("sync", "keep", role=Role.ADMIN, writes=True)
def keep_list(turn: Turn, change: MaybeChange = None, channel: MaybeWhere = None) -> Card:  # noqa: ARG001 -- for direct messages
    """Keep the list as it was before a change that would retire many entries.

    Dogear asks again when the file changes again.

    Example: sync keep
    """
    try:
        entries.reject_held(turn.tx, turn.team.id, change)
    except Conflict:
        return _newest(turn)
    again = f"I ask again when the file changes. To take the change in after all: “{turn.word} sync apply”."
    return sentence("The list stays as it was.", again, tone=Tone.DONE)


def _newest(turn: Turn) -> Card:
    """The file changed after the card was sent: nothing is done, and what is held now is shown."""
    change, sample = entries.held(turn.tx, turn.team.id)[0]
    shown = held_card(change, sample)
    return Card(
        title="The list has changed again since then.", blocks=shown.blocks, tone=shown.tone, actions=shown.actions
    )
