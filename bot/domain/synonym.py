"""Words that stand for each other in a search."""

from bot.domain.record import record


@record
class Synonym:
    """Two words or short phrases: who searches one also finds the other. One level: what stands for `other` does not
    stand for `word`. `file` has them in its front matter; None where a curator added them.
    """

    word: str
    other: str
    file: str | None = None
