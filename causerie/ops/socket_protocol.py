"""uvicorn's WebSocket protocol, with what it lacks for clients that send too much or read too little."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

WRITE_BUFFER_BYTES = 32 * 1024
LINGER_SECONDS = 2.0
ABORT_SECONDS = 5.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """Keeps little for a slow client, and tells also a client that does not listen why it is closed.

    * A connection that is closed with unread bytes is reset, and the reset overtakes the frame that says why (1009):
      what a refused client is still sending is read for a moment.
    * A close frame does not wait until what lies before it is read (4413); a client that does not take it is cut off,
      or its connection would stay for as long as it likes.
    """

    _refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        cast(asyncio.Transport, transport).set_write_buffer_limits(high=WRITE_BUFFER_BYTES)

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)

    def handle_parser_exception(self) -> None:
        self._refused = True
        closing = self.conn.close_sent
        code = closing.code if closing else CloseCode.PROTOCOL_ERROR
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.writable.set()
            self.loop.call_later(ABORT_SECONDS, self.transport.abort)
        await super().send(message)
