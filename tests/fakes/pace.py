"""Platforms without pace: where a test moves the clock by hand, nothing falls due by itself a second later."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.delivery import PostingRules


def unpaced(posting_rules: PostingRules) -> PostingRules:
    no_time = timedelta()
    return replace(posting_rules, channel_pace=no_time, workspace_pace=no_time, platform_pace=no_time)
