"""The library's loggers, kept from telling what nobody may read: it writes whole bodies, and tokens, at DEBUG."""

import logging
import re

LOGGERS = (
    "discord",
    *(
        f"discord.{module}"
        for module in (
            "app_commands.tree",
            "client",
            "gateway",
            "http",
            "shard",
            "state",
            "ui.modal",
            "ui.view",
            "utils",
            "webhook.async_",
        )
    ),
)
_SECRETS = re.compile(r"(?<=/interactions/)\S+|(?<=/webhooks/)\S+|[\w-]{18,}\.[\w-]{3,}\.[\w-]{20,}|wss?://[^\s'\"<>]+")
"""What follows an interaction's or a webhook's address, a bot's token, and the gateway's address."""


class OnlyWarnings(logging.Filter):
    """Lets warnings through, without secrets, and nothing else, whatever level somebody sets."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return False
        said = record.getMessage()
        if record.exc_info:
            said = f"{said}\n{logging.Formatter().formatException(record.exc_info)}"
        record.msg, record.args, record.exc_info, record.exc_text = _SECRETS.sub("***", said), (), None, None
        return True


def hush() -> None:
    """Put the filter on every logger of the library that we make use of; once is enough."""
    for name in LOGGERS:
        found = logging.getLogger(name)
        found.setLevel(logging.WARNING)
        if not any(isinstance(one, OnlyWarnings) for one in found.filters):
            found.addFilter(OnlyWarnings())
