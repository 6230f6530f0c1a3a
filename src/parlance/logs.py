"""Logs: structured lines on stderr, without secrets and message texts.

Exceptions are logged by type and place only, for their texts may quote what a client sent.
"""

import logging
import sys
import traceback

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_FRAMES = 6


def configure(level: str, *, as_json: bool) -> None:
    """Send logs of at least this level to stderr, one JSON object per line or as `key=value` for people."""
    shape: Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            name_exceptions,
            shape,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries speak through the standard library's logging: only their warnings are of interest.
    logging.basicConfig(level=logging.WARNING, handlers=[_Passing()], force=True)


def name_exceptions(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put an exception's type and the places it passed through in the place of its text."""
    given = event.pop("exc_info", None)
    fault = sys.exception() if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(fault, BaseException):
        event["fault"] = type(fault).__name__
        event["at"] = [f"{each.filename}:{each.lineno}" for each in traceback.extract_tb(fault.__traceback__)][
            -_FRAMES:
        ]
    return event


class _Passing(logging.Handler):
    """Passes what libraries log on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record's first line on. Arguments and further lines stay out: they may quote requests."""
        words = str(record.msg).partition("\n")[0]
        structlog.get_logger().log(record.levelno, words, library=record.name, exc_info=record.exc_info)
