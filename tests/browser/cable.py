"""The cable between a browser and the server, which a test can pull."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import WebSocketRoute

from tests.browser.chat import Chat

Frame = dict[str, Any]


class Cable:
    """Carries the sockets of all tabs of a browser; pages are loaded past it.

    Attributes:
        breaks_before_ack: pull the cable when the server acknowledges something, which nobody hears then.
        answer: what a frame of a tab is answered with in the server's place, if anything.
    """

    def __init__(self) -> None:
        self.breaks_before_ack = False
        self.answer: Callable[[Frame], Frame | None] = lambda _: None
        self._plugged = True
        self._sockets: list[WebSocketRoute] = []
        self._dead: set[WebSocketRoute] = set()
        self._held: list[Callable[[], None]] | None = None

    def carry(self, socket: WebSocketRoute) -> None:
        """Connect a socket, or not."""
        if not self._plugged:
            socket.close()
            return
        server = socket.connect_to_server()
        self._sockets += [socket, server]

        def say(frame: str | bytes) -> None:
            if socket in self._dead:
                return
            if answer := self.answer(json.loads(frame)):
                socket.send(json.dumps(answer))
            elif self._held is not None:
                self._held.append(lambda: server.send(frame))
            else:
                server.send(frame)

        def hear(frame: str | bytes) -> None:
            if self.breaks_before_ack and json.loads(frame)["type"] == "ack":
                self.breaks_before_ack = False
                self.pull()
            elif self._plugged and socket not in self._dead:
                socket.send(frame)

        socket.on_message(say)
        server.on_message(hear)

    def die(self) -> None:
        """Carry nothing more for the sockets there are, and tell nobody; new ones live."""
        self._dead.update(self._sockets)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Hold what tabs say back as long as the block runs."""
        held: list[Callable[[], None]] = []
        self._held = held
        yield
        self._held = None
        for send in held:
            send()

    def pull(self) -> None:
        """End all sockets; no new one comes to life."""
        self._plugged = False
        for socket in self._sockets:
            socket.close()
        self._sockets.clear()

    def plug(self, *tabs: Chat) -> None:
        """Let sockets live again, and let these tabs know."""
        self._plugged = True
        for tab in tabs:
            tab.page.evaluate("dispatchEvent(new Event('online'))")
