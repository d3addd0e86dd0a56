"""How servers write down what went wrong: one line each, with the time in UTC."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "services.web.log.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
"""For ``logging.config.dictConfig``. Nothing is written anywhere but to the standard error."""


class OneLine(logging.Formatter):
    """A record as a line that nothing in it can end, nor steer the terminal that shows it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, a traceback included."""
        when = datetime.fromtimestamp(record.created, UTC)
        return _line(when, record.levelname, super().format(record))


def warn(text: str) -> None:
    """Write down what went wrong outside a request; ``text`` ends with its line."""
    sys.stderr.write(_line(datetime.now(UTC), "WARNING", text.rstrip("\n")) + "\n")


def _line(when: datetime, level: str, text: str) -> str:
    told = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
    return f"{when.isoformat(timespec='milliseconds')} {level} {told}"
