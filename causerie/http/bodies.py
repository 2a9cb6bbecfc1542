"""Routes that read their body within a limit and as one media type, before anything looks at it (S14, S45, S50)."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from causerie.http import idempotency
from causerie.http.json_text import parse_json
from causerie.http.problems import PayloadTooLarge, UnsupportedMediaType

API = "/api"
LARGEST_JSON_BYTES = 2**20
LARGEST_IMAGE_BYTES = 20 * 2**20

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ReadRequest(Request):
    """A request whose body has arrived and was accepted; `parsed` is its JSON value."""

    def __init__(self, request: Request, body: bytes, parsed: Any = None) -> None:
        super().__init__(request.scope, self._replay, request._send)  # noqa: SLF001 (a request is made from its parts)
        self._arrived = body
        self._parsed = parsed

    async def body(self) -> bytes:
        return self._arrived

    async def json(self) -> Any:
        return self._parsed

    async def _replay(self) -> Message:
        return {"type": "http.request", "body": self._arrived, "more_body": False}


class JsonRoute(APIRoute):
    """A route under `/api` that takes JSON of at most 1 MiB; POST understands `Idempotency-Key`.

    Its function's name is its operation's id in the OpenAPI document.
    """

    largest_body: ClassVar[int] = LARGEST_JSON_BYTES
    media_type: ClassVar[str] = "application/json"

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(API + path, endpoint, **{**options, "generate_unique_id_function": _operation_name})

    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()
        methods = self.methods or set()
        if methods <= {"GET", "HEAD"}:
            return answer
        repeatable = "POST" in methods

        async def read_and_answer(request: Request) -> Response:
            body = await self._read(request)
            read = ReadRequest(request, body, self._parse(body))
            if repeatable and (key := request.headers.get("idempotency-key")) is not None:
                return await idempotency.once(request.url.path, key, read, answer)
            return await answer(read)

        return read_and_answer

    async def _read(self, request: Request) -> bytes:
        kind = request.headers.get("content-type")
        if kind is not None and kind.partition(";")[0].strip().lower() != self.media_type:
            raise UnsupportedMediaType(f"Send {self.media_type}.")
        if _declared_length(request) > self.largest_body:
            raise PayloadTooLarge(self.largest_body)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self.largest_body:
                raise PayloadTooLarge(self.largest_body)
        if body and kind is None:
            raise UnsupportedMediaType(f"Send {self.media_type}, and say so in Content-Type.")
        return bytes(body)

    def _parse(self, body: bytes) -> Any:
        return parse_json(body) if body else None


class UploadRoute(JsonRoute):
    """A route that takes `multipart/form-data` with one file of an image's size."""

    largest_body: ClassVar[int] = LARGEST_IMAGE_BYTES
    media_type: ClassVar[str] = "multipart/form-data"

    def _parse(self, body: bytes) -> Any:  # noqa: ARG002 (the form is parsed by who declares its parts)
        return None


def _operation_name(route: APIRoute) -> str:
    return route.name


def _declared_length(request: Request) -> int:
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isdigit() else 0
