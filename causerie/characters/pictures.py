"""Portraits from strangers' files: decoded and written anew in a child process with limits (S46)."""

import asyncio
import sys

import structlog

from causerie.characters.errors import ImageTooLarge, NotAnImage
from causerie.characters.picture_process import (
    EXIT_NOT_AN_IMAGE,
    EXIT_TOO_LARGE,
    LONGEST_SIDE,
    MOST_PIXELS,
)

log = structlog.get_logger(__name__)

SECONDS = 20.0
_one_at_a_time = asyncio.Semaphore(1)


async def portrait(content: bytes) -> bytes:
    """Return the picture in `content` as WebP of at most 1,024 pixels a side, without metadata or anything else.

    Raises:
        NotAnImage: it is none, is broken, takes too long or too much memory to decode.
        ImageTooLarge: it has more than 40 megapixels or 8,192 pixels a side.
    """
    async with _one_at_a_time:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-m",
            "causerie.characters.picture_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        try:
            async with asyncio.timeout(SECONDS):
                made, _ = await child.communicate(content)
        except TimeoutError as error:
            raise NotAnImage from error
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if child.returncode == 0:
        return made
    if child.returncode == EXIT_TOO_LARGE:
        raise ImageTooLarge(MOST_PIXELS, LONGEST_SIDE)
    if child.returncode != EXIT_NOT_AN_IMAGE:
        log.warning("picture_process_died", status=child.returncode)
    raise NotAnImage
