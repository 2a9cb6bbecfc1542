"""Logs for people on a terminal or as JSON lines for machines; never message text, keys or cookies (S75)."""

import logging
import sys
from typing import Literal

import structlog

Format = Literal["text", "json"]


def configure_logging(form: Format | None) -> None:
    """Send our logs and the libraries' warnings to standard error; without `form` as text if that is a terminal."""
    form = form or ("text" if sys.stderr.isatty() else "json")
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if form == "text":
        shared.append(_escape_controls)
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    else:
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def _escape_controls(
    logger: object,  # noqa: ARG001 (the library's signature)
    method: str,  # noqa: ARG001
    entry: structlog.typing.EventDict,
) -> structlog.typing.EventDict:
    """Keep a stranger's text from starting a line of its own or steering the terminal; JSON escapes by itself."""
    return {name: value.translate(_CONTROLS) if isinstance(value, str) else value for name, value in entry.items()}


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
# Ends of lines and changes of direction that not every terminal ignores.
_CONTROLS |= {code: f"\\u{code:04x}" for code in (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
