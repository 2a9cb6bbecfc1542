"""The built web app: hashed assets for ever, other files by name, and every other address as its one page."""

import secrets
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from causerie.errors import NotFound, Problem
from causerie.http.front import content_security_policy
from causerie.http.problems import problem_response

NONCE_MARK = b"__CSP_NONCE__"
_FOREVER = "public, max-age=31536000, immutable"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_OTHER_TREES = frozenset({"api", "assets", "ws", "v1"})
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


class Pages:
    """What answers where no route does. Only files that lay in `folder` at the start are served.

    `index.html` gets a fresh style nonce and the policy that allows it in each answer (S56).
    """

    def __init__(self, folder: Path) -> None:
        self._files = {f"/{path.relative_to(folder).as_posix()}": path for path in folder.rglob("*") if path.is_file()}
        page = self._files.pop("/index.html", None)
        self._page = page.read_bytes() if page else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        path: str = scope["path"]
        file = self._find(path)
        in_other_tree = path[1:].partition("/")[0] in _OTHER_TREES and file is None
        if in_other_tree or (file is None and self._page is None):
            return problem_response(NotFound("There is nothing at this address.").problem(scope["request_id"]))
        if scope["method"] not in {"GET", "HEAD"}:
            return _only_reading(scope)
        return self._shell() if file is None else self._file(file, path, Headers(scope=scope))

    def _find(self, path: str) -> Path | None:
        """Return the file of this path, unless a new build has removed it since the start."""
        file = self._files.get(path)
        return file if file is not None and file.is_file() else None

    def _shell(self) -> Response:
        nonce = secrets.token_urlsafe(16)
        headers = {"cache-control": "no-cache", "content-security-policy": content_security_policy(nonce)}
        page = (self._page or b"").replace(NONCE_MARK, nonce.encode())
        return Response(page, headers=headers, media_type="text/html; charset=utf-8")

    def _file(self, file: Path, path: str, request: Headers) -> Response:
        headers = {"cache-control": _FOREVER if path.startswith("/assets/") else "no-cache"}
        kind = _MEDIA_TYPES.get(file.suffix, "application/octet-stream")
        accepted = {entry.split(";")[0].strip() for entry in request.get("accept-encoding", "").split(",")}
        for encoding, suffix in _ENCODINGS:
            compressed = self._find(path + suffix)
            if compressed is None:
                continue
            headers["vary"] = "Accept-Encoding"
            if encoding in accepted:
                return FileResponse(compressed, headers={**headers, "content-encoding": encoding}, media_type=kind)
        return FileResponse(file, headers=headers, media_type=kind)


def _only_reading(scope: Scope) -> Response:
    problem = Problem(
        title="Method Not Allowed",
        status=405,
        code="method_not_allowed",
        detail="This can only be read.",
        request_id=scope["request_id"],
    )
    return problem_response(problem, {"allow": "GET, HEAD"})
