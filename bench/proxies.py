"""The baselines: programs that pass a provider's stream on and do nothing else.

Run as `python -m bench.proxies aiohttp|httpx MOCK_PORT PORT`. Both answer `/bytes/N` with N bytes from memory, and the
httpx one, which runs on uvicorn as Causerie does, also accepts sockets and leaves them alone.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import aiohttp
import httpx
import uvicorn
from aiohttp import web

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def aiohttp_proxy(mock: str) -> web.Application:
    """Return a proxy whose both sides are aiohttp."""

    async def client(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            app[_SESSION] = session
            yield

    async def forward(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        async with request.app[_SESSION].post(mock, data=await request.read()) as stream:
            await answer.prepare(request)
            async for data in stream.content.iter_any():
                await answer.write(data)
        await answer.write_eof()
        return answer

    async def some_bytes(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * int(request.match_info["count"]))

    app = web.Application()
    app.cleanup_ctx.append(client)
    app.router.add_post("/v1/chat/completions", forward)
    app.router.add_get("/bytes/{count}", some_bytes)
    return app


_SESSION: web.AppKey[aiohttp.ClientSession] = web.AppKey("session", aiohttp.ClientSession)


class HttpxProxy:
    """A proxy of httpx on uvicorn, without any framework between them."""

    def __init__(self, mock: str) -> None:
        self._mock = mock
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._client = httpx.AsyncClient(timeout=None, limits=limits)  # noqa: S113 - the load ends every stream

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._idle(receive, send)
        elif scope["path"].startswith("/bytes/"):
            body = b"x" * int(scope["path"][7:])
            await self._answer(send, b"application/octet-stream", (b"content-length", b"%d" % len(body)))
            await send({"type": "http.response.body", "body": body})
        elif scope["type"] == "http" and scope["method"] == "POST":
            await self._forward(receive, send)
        else:
            await self._answer(send, b"text/plain")
            await send({"type": "http.response.body", "body": b"ready"})

    async def _forward(self, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        async with self._client.stream("POST", self._mock, content=body) as stream:
            await self._answer(send, b"text/event-stream")
            async for data in stream.aiter_raw():
                await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _answer(self, send: Send, kind: bytes, *headers: tuple[bytes, bytes]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind), *headers]})

    async def _idle(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass


def main() -> None:
    kind, mock_port, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    mock = f"http://127.0.0.1:{mock_port}/v1/chat/completions"
    if kind == "aiohttp":
        web.run_app(aiohttp_proxy(mock), host="127.0.0.1", port=port, print=None, access_log=None)
    else:
        uvicorn.run(
            HttpxProxy(mock),
            host="127.0.0.1",
            port=port,
            lifespan="off",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            access_log=False,
            log_level="warning",
        )


if __name__ == "__main__":
    main()
