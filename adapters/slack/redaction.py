"""Redacts the loggers of Slack's libraries: tokens, response URLs, message texts."""

import logging
import re

_SECRETS = re.compile(
    r"xox[a-z]+-[\w.-]+|xapp-[\w.-]+|xoxe[\w.-]+|https?://[^\s'\"<>]*/(?:commands|actions|app-actions|workflows|app|services|triggers)/[^\s'\"<>]*"
    r"|(?<=ticket=)[^&\s'\"]+|(?<=code=)[^&\s'\"]+|wss?://[^\s'\"<>]+"
)


class Redacted(logging.Filter):
    """Redacts every record, including its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if record.exc_info:
            said = f"{said}\n{logging.Formatter().formatException(record.exc_info)}"
        record.msg, record.args, record.exc_info, record.exc_text = _SECRETS.sub("***", said), (), None, None
        return True


class Terse(logging.Filter):
    """Logs the exception's name without its traceback: a malformed frame is not our bug."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0] is not None:
            record.msg, record.args = f"{record.getMessage()} ({record.exc_info[0].__name__})", ()
            record.exc_info = None
        return True


def logger(name: str) -> logging.Logger:
    """A logger for a library: redacted, and warnings only."""
    found = logging.getLogger(f"dogear.slack.{name}")
    found.setLevel(logging.WARNING)
    if not any(isinstance(one, Redacted) for one in found.filters):
        found.addFilter(Terse())
        found.addFilter(Redacted())
    return found


LIBRARY = logger("library")
log = logging.getLogger("dogear.slack")
log.addFilter(Redacted())

for _name in ("slack_bolt", "slack_sdk", "slack_sdk.web.async_client", "slack_sdk.web.async_base_client"):
    logging.getLogger(_name).setLevel(logging.WARNING)
    logging.getLogger(_name).addFilter(Redacted())
