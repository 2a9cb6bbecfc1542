"""uvicorn's WebSocket protocol, with what it lacks for clients that send too much or read too little."""

import asyncio
import struct
from typing import Any, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

MOST_UNSENT_BYTES = 16 * 1024
LINGER_SECONDS = 2.0
ABORT_SECONDS = 5.0

FINAL_TEXT = 0x81


class SocketProtocol(WebSocketsSansIOProtocol):
    """Keeps little for a slow client, and tells also a client that does not listen why it is closed.

    * A connection that is closed with unread bytes is reset, and the reset overtakes the frame that says why (1009):
      what a refused client is still sending is read for a moment.
    * Texts that are sent in one turn of the loop are written together: a write costs more than making its frame.
    * A close frame does not wait until what lies before it is read (4413); a client that does not take it is cut off,
      or its connection would stay for as long as it likes.
    """

    _refused = False
    _unsent_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._unsent: list[bytes] = []
        # What the system does not take waits above as few large pieces: each small one would cost the loop 700 bytes.
        cast(asyncio.Transport, transport).set_write_buffer_limits(high=0)

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
        text = message.get("text")
        if text is not None and self.handshake_complete and not self.close_sent:
            if not self.writable.is_set():
                await self.writable.wait()
            if self.disconnected:
                raise ClientDisconnected
            self._write_soon(text_frame(text))
            return
        if message["type"] == "websocket.close":
            self.writable.set()
            self.loop.call_later(ABORT_SECONDS, self.transport.abort)
        self._write_now()
        await super().send(message)

    def _write_soon(self, frame: bytes) -> None:
        if not self._unsent:
            self.loop.call_soon(self._write_now)
        self._unsent.append(frame)
        self._unsent_bytes += len(frame)
        if self._unsent_bytes > MOST_UNSENT_BYTES:
            self._write_now()

    def _write_now(self) -> None:
        if self._unsent:
            frames, self._unsent, self._unsent_bytes = self._unsent, [], 0
            if not (self.close_sent or self.transport.is_closing()):
                self.transport.write(b"".join(frames))


def text_frame(text: str) -> bytes:
    """Return a whole text as one frame of a server (RFC 6455, 5.2)."""
    payload = text.encode()
    length = len(payload)
    if length < 126:
        return bytes((FINAL_TEXT, length)) + payload
    if length < 65_536:
        return struct.pack("!BBH", FINAL_TEXT, 126, length) + payload
    return struct.pack("!BBQ", FINAL_TEXT, 127, length) + payload
