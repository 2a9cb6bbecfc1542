"""Years of use, made in a moment: thousands of chats and characters."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from PIL import Image
from sqlalchemy import insert, select

from causerie.characters.models import Character
from causerie.chats.models import ChatSession
from causerie.clock import utc_now
from causerie.db.base import table_of
from causerie.db.work import Work
from causerie.ids import new_id
from tests.browser.installation import Installation

MINUTES_APART = 20


def add_chats(installation: Installation, total: int, title: Callable[[int], str]) -> list[str]:
    """Add chats, each a little older than the one before; return their ids. Written beside the server."""
    user = UUID(installation.character("Wren")["user_id"])
    now = utc_now()
    rows: list[dict[str, Any]] = []
    for place in range(total):
        at = now - timedelta(minutes=MINUTES_APART * place)
        rows.append({"id": new_id(), "user_id": user, "title": title(place), "created_at": at, "updated_at": at})
    _write(installation, ChatSession, rows)
    return [str(row["id"]) for row in rows]


def add_characters(installation: Installation, total: int, name: Callable[[int], str]) -> None:
    """Add characters that all have a picture, and the tag `even` or `odd`. Written beside the server."""
    wren = installation.character("Wren")
    picture = BytesIO()
    Image.new("RGB", (300, 400), "teal").save(picture, "PNG")
    installation.api.put(
        f"/characters/{wren['id']}/avatar", files={"file": ("wren.png", picture.getvalue(), "image/png")}
    ).raise_for_status()
    characters = table_of(Character)
    pictured = select(characters.c.avatar_sha256).where(characters.c.id == UUID(wren["id"]))
    sha256 = installation.beside(lambda work: work.session.scalar(pictured))
    rows = [
        {
            "id": new_id(),
            "user_id": UUID(wren["user_id"]),
            "label": f"crowd-{place}",
            "name": name(place),
            "avatar_sha256": sha256,
            "tags": ["odd" if place % 2 else "even"],
        }
        for place in range(total)
    ]
    _write(installation, Character, rows)


def _write(installation: Installation, model: type[ChatSession | Character], rows: list[dict[str, Any]]) -> None:
    def write(work: Work) -> None:
        work.session.connection().execute(insert(table_of(model)), rows)

    installation.beside(write)
