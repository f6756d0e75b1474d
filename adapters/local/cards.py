"""Cards for what goes wrong before the core is asked."""

from bot.domain.card import Card, Paragraph, Tone
from bot.domain.errors import Refusal
from bot.domain.text import plain

BUSY = Card(
    title="I can't reach the database right now.",
    blocks=(Paragraph(text=plain("Nothing was changed. Try again in a moment.")),),
    tone=Tone.REFUSAL,
)


def refusal(refused: Refusal) -> Card:
    """What was wrong, and what to do."""
    hint = (Paragraph(text=plain(refused.hint)),) if refused.hint else ()
    return Card(title=refused.message, blocks=hint, tone=Tone.REFUSAL)
