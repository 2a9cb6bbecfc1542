"""Server-sent events as a plain HTTP client reads them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from tests.contract.assembling import Frame


@dataclass(frozen=True)
class Sent:
    """One event: its `id` line, when it has one, and its object."""

    id: str | None
    frame: Frame


def events(response: httpx.Response) -> Iterator[Sent]:
    """Yield the events of a stream in order; comments are passed over."""
    assert response.status_code == 200, response.read()
    assert response.headers["content-type"].split(";")[0] == "text/event-stream"
    identity: str | None = None
    data: list[str] = []
    for line in response.iter_lines():
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            identity = value
        elif name == "data":
            data.append(value)
        elif not line and data:
            yield Sent(identity, json.loads("\n".join(data)))
            identity, data = None, []


def frames(response: httpx.Response) -> list[Frame]:
    """Read a stream to its end and return its objects."""
    return [sent.frame for sent in events(response)]
