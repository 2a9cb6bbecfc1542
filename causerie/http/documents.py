"""The OpenAPI document: every route with its refusals, and a page of our own that shows it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from causerie.errors import CauserieError, Problem
from causerie.http.problems import PROBLEM_TYPE

VIEWER = Path(__file__).parent / "viewer"
_VIEWER_FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "/viewer.js": ("viewer.js", "text/javascript; charset=utf-8"),
    "/viewer.css": ("viewer.css", "text/css; charset=utf-8"),
}
FRAMES_AS_EVENTS: dict[str, Any] = {
    "schema": {
        "type": "object",
        "title": "Event",
        "description": "One event: `data` is a frame of `docs/asyncapi.yaml`, numbered ones have an `id`.",
        "properties": {
            "data": {"type": "string", "contentMediaType": "application/json"},
            "id": {"type": "string"},
        },
        "required": ["data"],
    }
}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_ALWAYS = {
    "400": "The `Host` is not this server's, or the body cannot be read.",
    "403": "A page of another site sent the request.",
    "503": "The database is not available, or too much waits; try again.",
}
_WITH_INPUT = {
    "413": "The body is larger than the route takes.",
    "415": "The body is not of the route's type.",
}
_INVALID = "Some of the input is not valid; `errors` names each fault."


def refusals(*kinds: type[CauserieError]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that refuses in these ways, each with its documented example."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = found.setdefault(
            kind.status, {"description": "", "content": {PROBLEM_TYPE: {"schema": _PROBLEM, "examples": {}}}}
        )
        sentence = (kind.__doc__ or kind.title).strip().splitlines()[0]
        entry["description"] = f"{entry['description']} `{kind.code}`: {sentence}".strip()
        entry["content"][PROBLEM_TYPE]["examples"][kind.code] = {
            "value": {
                "type": "about:blank",
                "title": kind.title,
                "status": kind.status,
                "code": kind.code,
                "detail": sentence,
                "request_id": "5f0c8c2a9d1e4b37",
                "retryable": kind.retryable,
            },
        }
    return found


def describe(app: FastAPI, routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """Return the OpenAPI document of `app`: what the routes declare, and what every route may refuse."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    _, definitions = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    schemas.update(definitions["$defs"])
    for leftover in ("HTTPValidationError", "ValidationError"):
        schemas.pop(leftover, None)
    for path in document["paths"].values():
        for method, operation in path.items():
            _add_refusals(method, operation)
    return document


def openapi_text(app: FastAPI) -> str:
    """Return the document as it is published and committed."""
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def document_routes(app: FastAPI) -> list[Route]:
    """Return the routes of the document and of the page that shows it."""

    async def document(request: Request) -> Response:  # noqa: ARG001 (Starlette's signature)
        return Response(openapi_text(app), media_type="application/json")

    def page(name: str, kind: str) -> Any:
        async def serve(request: Request) -> Response:  # noqa: ARG001 (Starlette's signature)
            return FileResponse(VIEWER / name, media_type=kind, headers={"cache-control": "no-cache"})

        return serve

    pages = [Route(f"/api/docs{path}", page(name, kind)) for path, (name, kind) in _VIEWER_FILES.items()]
    return [Route("/api/openapi.json", document), *pages]


def _add_refusals(method: str, operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    parameters: list[Mapping[str, Any]] = operation.get("parameters", [])
    if responses.get("422", {}).get("content", {}).get("application/json"):
        responses["422"] = _refusal(_INVALID)  # the framework's own shape, which is never sent
    for status, description in _ALWAYS.items():
        responses.setdefault(status, _refusal(description))
    if any(parameter["in"] == "path" for parameter in parameters):
        responses.setdefault("404", _refusal("`not_found`: no such row, or another user's."))
        if parameters and all(parameter["in"] == "path" for parameter in parameters) and "requestBody" not in operation:
            responses.pop("422", None)
    if any(parameter["name"].lower() == "if-match" for parameter in parameters):
        responses.setdefault("412", _refusal("`stale`: the row is not in the version that `If-Match` names."))
    if method != "get":
        for status, description in _WITH_INPUT.items():
            responses.setdefault(status, _refusal(description))
    if method == "post":
        parameters = operation.setdefault("parameters", [])
        parameters.append(_IDEMPOTENCY_KEY)
        responses.setdefault("409", _refusal("`still_running`: the first request with this key has no answer yet."))
        responses.setdefault("422", _refusal("`idempotency_conflict`: the key belongs to another request."))
    operation["responses"] = dict(sorted(responses.items()))


def _refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": _PROBLEM}}}


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key within 24 hours gives the same answer and does nothing again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
