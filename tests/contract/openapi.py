"""The routes as the server itself publishes them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.contract.making import Api

METHODS = ("get", "post", "put", "patch", "delete")

Document = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of one path; `schema` is what its JSON body must look like, `None` when it takes none."""

    method: str
    path: str
    body: dict[str, Any] | None
    description: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def schema(self) -> dict[str, Any] | None:
        return self.body and self.body["content"].get("application/json", {}).get("schema")

    def address(self, **values: str) -> str:
        """Return the path with these values for its parameters, and ids of nothing for the others."""
        return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], str(uuid4())), self.path)


def document(api: Api) -> Document:
    return api.get("/openapi.json")


def operations(document: Document) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield Operation(method, path, methods[method].get("requestBody"), methods[method])


def parameters(operation: Operation) -> list[str]:
    """Return the names in the operation's path."""
    return re.findall(r"\{(\w+)\}", operation.path)


def resolved(document: Document, schema: dict[str, Any]) -> dict[str, Any]:
    """Follow the schema's `$ref` to its definition."""
    while "$ref" in schema:
        found: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def properties(document: Document, schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the members of an object's schema, those of its alternatives and parts included."""
    schema = resolved(document, schema)
    found: dict[str, dict[str, Any]] = dict(schema.get("properties", {}))
    for part in [*schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("oneOf", [])]:
        found |= properties(document, part)
    return found


def types(document: Document, schema: dict[str, Any]) -> set[str]:
    """Return the JSON types that a value may have."""
    schema = resolved(document, schema)
    named = schema.get("type", [])
    found = {named} if isinstance(named, str) else set(named)
    for part in [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]:
        found |= types(document, part)
    return found


def longest(document: Document, schema: dict[str, Any]) -> int | None:
    """Return the longest text that the schema allows, when it says."""
    schema = resolved(document, schema)
    limits = [schema["maxLength"]] if "maxLength" in schema else []
    for part in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
        limit = longest(document, part)
        limits += [] if limit is None else [limit]
    return max(limits, default=None)


def is_free_text(document: Document, schema: dict[str, Any]) -> bool:
    """Tell whether any text is taken: no id, time, address, pattern or closed list."""
    schema = resolved(document, schema)
    parts = [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]
    if any(is_free_text(document, part) for part in parts):
        return True
    return schema.get("type") == "string" and not schema.keys() & {"format", "enum", "const", "pattern"}


def read_only(document: Document, operation: Operation, name: str) -> bool:
    """Tell whether the field is accepted only as it is stored."""
    schema = properties(document, operation.schema or {})[name]
    return bool(schema.get("readOnly") or resolved(document, schema).get("readOnly"))


def has_example(document: Document, schema: dict[str, Any]) -> bool:
    """Tell whether the schema, or one of its alternatives, comes with an example."""
    schema = resolved(document, schema)
    parts = [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]
    return bool(schema.keys() & {"example", "examples"}) or any(has_example(document, part) for part in parts)
