"""What the adapter itself has to say, as cards."""

from bot.domain.card import Card, Fields, Paragraph
from bot.domain.text import plain


def welcome(server: str, word: str, *, unassigned: str | None = None) -> Card:
    """For whoever can set the club up, in three steps. `unassigned` is the id of a server that waits for its team."""
    waits = f"First the host of Dogear says whose list it is: dogear team assign discord:{unassigned} TEAM"
    steps = (
        ("1", f"Look around: /{word} random shows an article of the list, and only you see it."),
        ("2", f"Choose a channel for the weekly article and type there: /{word} schedule set"),
        ("3", f"Tell your people: ✅ on a post means read, 🔖 means later, /{word} help shows the rest."),
    )
    return Card(
        title=f"Dogear is in {server}.",
        blocks=(
            *((Paragraph(text=plain(waits)),) if unassigned else ()),
            Paragraph(text=plain("A reading club for your team's list. It begins with three steps:")),
            Fields(items=tuple((number, plain(step)) for number, step in steps)),
            Paragraph(
                text=plain("Dogear reads no messages: it sees its commands and the reactions alone."), quiet=True
            ),
        ),
    )
