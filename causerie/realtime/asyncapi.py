"""The AsyncAPI document of the socket and of the event streams, made from the frames' own models.

`python -m causerie.realtime.asyncapi > docs/asyncapi.yaml` writes what is committed.
"""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from causerie.chats.events import server_events
from causerie.realtime.frames import client_frames

SCHEMAS = "#/components/schemas/"
PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$./-]*")
DESCRIPTION = (
    "JSON text frames on `/ws`; `GET /api/sessions/{id}/events` sends the same objects as server-sent events, "
    "where a numbered event's id is `<epoch>.<seq>`. Positions in texts count Unicode code points."
)
CLOSE_CODES = {
    1001: "three heartbeats were missed",
    1003: "a binary frame",
    1009: "a frame over 256 KiB",
    1012: "the server drains (after `bye`)",
    4413: "the reader took nothing for 60 s, or can no longer be told what it missed",
}


def document() -> dict[str, Any]:
    """Return the document (AsyncAPI 3.0)."""
    sent, sent_schemas = _messages(server_events, "serialization")
    received, received_schemas = _messages(client_frames, "validation")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Causerie",
            "version": "1",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"node": {"host": "127.0.0.1:8000", "protocol": "ws"}},
        "channels": {
            "socket": {
                "address": "/ws",
                "description": "Close codes: "
                + "; ".join(f"{code} {meaning}" for code, meaning in CLOSE_CODES.items())
                + ".",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in (*received, *sent)},
            }
        },
        "operations": {
            "receive": {
                "action": "receive",
                "summary": "What clients send",
                "channel": {"$ref": "#/channels/socket"},
                "messages": [{"$ref": f"#/channels/socket/messages/{name}"} for name in received],
            },
            "send": {
                "action": "send",
                "summary": "What the server sends",
                "channel": {"$ref": "#/channels/socket"},
                "messages": [{"$ref": f"#/channels/socket/messages/{name}"} for name in sent],
            },
        },
        "components": {"messages": received | sent, "schemas": received_schemas | sent_schemas},
    }


def document_text() -> str:
    """Return the document as it is committed."""
    return "\n".join(_yaml(document())) + "\n"


def _messages(union: TypeAdapter[Any], mode: JsonSchemaMode) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a message for each member of the union, by its model's name, and all schemas that they need."""
    schema = union.json_schema(mode=mode, ref_template=SCHEMAS + "{model}")
    schemas: dict[str, Any] = schema["$defs"]
    messages: dict[str, Any] = {}
    for kind, reference in sorted(schema["discriminator"]["mapping"].items()):
        name = reference.removeprefix(SCHEMAS)
        model = schemas[name]
        # The models know their type by themselves; on the wire it is always there.
        model["required"] = sorted({"type", *model.get("required", ())})
        messages[name] = {"name": kind, "summary": model["description"].splitlines()[0], "payload": {"$ref": reference}}
    return messages, schemas


def _yaml(value: dict[str, Any] | list[Any], indent: str = "") -> Iterator[str]:
    """Yield the lines of a YAML text; scalars are written as JSON, which YAML contains."""
    items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    for key, item in items:
        head = f"{indent}-" if key is None else f"{indent}{key if PLAIN_KEY.fullmatch(key) else json.dumps(key)}:"
        if isinstance(item, dict | list) and item:
            yield head
            yield from _yaml(item, indent + "  ")
        else:
            yield f"{head} {json.dumps(item, ensure_ascii=False)}"


if __name__ == "__main__":
    sys.stdout.write(document_text())
