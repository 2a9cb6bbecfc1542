"""uvicorn's HTTP protocol, with what it lacks for clients that read too little."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

STALL_SECONDS = 60.0


class StreamProtocol(HttpToolsProtocol):
    """Keeps little for a slow client, and cuts off one that takes (nearly) nothing for a minute.

    Closing would wait until what is buffered has been read, so such a connection would stay for as long as its client
    likes, and with it whatever the answer holds on to.
    """

    _cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base has it
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._cut = self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget_cut()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_cut()
        super().connection_lost(exc)

    def _forget_cut(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None
