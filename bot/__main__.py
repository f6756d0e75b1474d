"""Where `dogear` begins: what goes wrong ends here as one line for each problem, never as a traceback."""

import logging
import os
import sys

from bot.domain.address import redacted
from bot.domain.errors import BadConfig, DogearError, Refusal


def main() -> None:
    """Run the command line. Exit 0 for success, 1 for a refusal or a failure, 2 for bad settings or usage."""
    try:
        from bot.runtime import cli, log, streams

        log.set_up(os.environ.get("DOGEAR_LOG_LEVEL", "WARNING"))
        streams.escape_all()
        cli.app()
    except BadConfig as error:
        _leave(error.problems, 2)
    except Refusal as error:
        _leave([f"{error.message} {error.hint or ''}".strip()], 1)
    except DogearError as error:
        _leave([str(error)], 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as bug:
        logging.getLogger("dogear").debug("bug", exc_info=True)
        hint = "DOGEAR_LOG_LEVEL=DEBUG shows where."
        _leave([f"Something broke ({type(bug).__name__}: {bug}). This is a bug of Dogear's; {hint}"], 1)


def _leave(lines: tuple[str, ...] | list[str], status: int) -> None:
    for line in lines:
        print(f"dogear: {redacted(line)}", file=sys.stderr)  # noqa: T201 -- this is the answer
    sys.exit(status)


if __name__ == "__main__":
    main()
