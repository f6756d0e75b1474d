"""Platforms without pace: where a test moves the clock by hand, nothing falls due by itself a second later."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.delivery import Manner


def unpaced(manner: Manner) -> Manner:
    no_time = timedelta()
    return replace(manner, channel_pace=no_time, workspace_pace=no_time, platform_pace=no_time)
