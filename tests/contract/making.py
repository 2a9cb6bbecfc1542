"""Rows made and read through the public door, so that a test names only what it is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

import httpx

from causerie.ids import new_id
from tests.contract.providing import Provider
from tests.waiting import until

Row = dict[str, Any]

REPLY_SECONDS = 30.0
NOBODY = "019a5f00-0000-7000-8000-000000000000"  # the same in every process of a run: tests are named by it
FINAL = frozenset({"complete", "stopped", "failed"})
UNFINISHED = frozenset({"queued", "streaming"})


def mint() -> str:
    """Return a new UUIDv7, as a client mints one for its message."""
    return str(new_id())


@dataclass
class Api:
    """The REST surface of a server whose replies come from the scripted provider."""

    http: httpx.Client
    provider: Provider
    models: dict[str, str] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def create(self, path: str, **fields: Any) -> Row:
        response = self.http.post(path, json=fields)
        assert response.status_code == 201, response.text
        row: Row = response.json()
        return row

    def get(self, path: str, **query: Any) -> Row:
        response = self.http.get(path, params=query)
        assert response.status_code == 200, response.text
        row: Row = response.json()
        return row

    def patch(self, path: str, **fields: Any) -> Row:
        response = self.http.patch(path, json=fields)
        assert response.status_code == 200, response.text
        row: Row = response.json()
        return row

    def delete(self, path: str, **query: Any) -> None:
        response = self.http.delete(path, params=query)
        assert response.status_code == 204, response.text
        assert not response.content

    def model(self, behaviour: str, **fields: Any) -> str:
        """Return the id of a model row whose replies follow this behaviour of the scripted provider."""
        if fields:
            return self._new_model(behaviour, fields)
        if behaviour not in self.models:
            self.models[behaviour] = self._new_model(behaviour, {})
        return self.models[behaviour]

    def character(self, **fields: Any) -> Row:
        return self.create("/characters", **({"name": f"Character {next(self.numbers)}"} | fields))

    def session(self, behaviour: str | None = None, **fields: Any) -> Row:
        """Return a new session; with a behaviour its replies come from that model."""
        model = {"ai_model_id": self.model(behaviour)} if behaviour else {}
        return self.create("/sessions", **(model | fields))

    def store(self, session_id: str, content: str, role: str = "user", **fields: Any) -> Row:
        """Store a message that nothing answers."""
        return self.create(f"/sessions/{session_id}/messages", content=content, role=role, **fields)

    def say(self, session_id: str | None, message: str, **fields: Any) -> Row:
        """Say something and return the answer, whose reply is final."""
        response = self.http.post(
            "/chat/send_message",
            json={"chat_session_id": session_id, "message": message, **fields},
            timeout=REPLY_SECONDS,
        )
        assert response.status_code == 200, response.text
        answer: Row = response.json()
        return answer

    def start_reply(self, session_id: str | None, message: str, **fields: Any) -> Row:
        """Say something and return at once, while the reply is under way."""
        response = self.http.post(
            "/chat/send_message",
            json={"chat_session_id": session_id, "message": message, **fields},
            headers={"Prefer": "respond-async"},
        )
        assert response.status_code == 202, response.text
        answer: Row = response.json()
        return answer

    def message(self, message_id: str) -> Row:
        return self.get(f"/messages/{message_id}")

    def branch(self, session_id: str, **query: Any) -> list[Row]:
        """Return the messages of a branch (the active one), oldest first."""
        items: list[Row] = self.get("/messages", chat_session_id=session_id, **query)["items"]
        return items

    def leaf(self, session_id: str) -> Row:
        """Return the message at the end of the active branch."""
        return self.message(self.get(f"/sessions/{session_id}")["active_leaf_id"])

    def act(self, message_id: str, verb: str, **fields: Any) -> httpx.Response:
        return self.http.post(f"/messages/{message_id}/{verb}", json=fields, timeout=REPLY_SECONDS)

    def until_status(self, message_id: str, statuses: frozenset[str], within: float = REPLY_SECONDS) -> Row:
        """Read a message until it has one of these statuses."""

        def look() -> Row | None:
            row = self.message(message_id)
            return row if row["status"] in statuses else None

        return until(look, within, lambda: f"it is {self.message(message_id)['status']}")

    def every(self, path: str, **query: Any) -> list[Row]:
        """Follow a list's cursors to its end."""
        rows: list[Row] = []
        cursor: str | None = None
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            rows += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return rows

    def _new_model(self, behaviour: str, fields: Row) -> str:
        name = f"{behaviour} {next(self.numbers)}"
        row = {"name": name, "provider": "openai", "model": behaviour, "base_url": self.provider.base_url} | fields
        model_id: str = self.create("/models", **row)["id"]
        return model_id


@contextmanager
def speaking_to(url: str, provider: Provider) -> Iterator[Api]:
    """Give the REST surface of the server at this address."""
    with httpx.Client(base_url=f"{url}/api", timeout=REPLY_SECONDS) as http:
        yield Api(http, provider)


def ids(rows: list[Row]) -> list[str]:
    return [row["id"] for row in rows]


def is_uuid(text: object) -> bool:
    """Tell whether this is a UUID in its canonical form."""
    return isinstance(text, str) and str(UUID(text)) == text
