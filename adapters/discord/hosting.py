"""What a host needs to connect Discord: the platform from its settings."""

from collections.abc import Mapping

from adapters.discord.platform import DiscordPlatform
from bot.domain.reading import ReadingState


def serve(options: Mapping[str, str], word: str) -> DiscordPlatform:
    """The platform of these settings; nothing is connected yet."""
    return DiscordPlatform(options["token"], word=word, custom=custom_emoji(options.get("emoji", "")))


def custom_emoji(typed: str) -> Mapping[str, ReadingState]:
    """`id:read, id:later` as the settings have checked it."""
    pairs = [part.strip().partition(":") for part in typed.split(",") if part.strip()]
    return {number: ReadingState(meaning) for number, _, meaning in pairs}
