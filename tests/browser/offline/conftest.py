"""The cable between a browser and the server, which a test can pull."""

import json

import pytest
from playwright.sync_api import WebSocketRoute

from tests.browser.chat import Chat


class Cable:
    """Carries the sockets of all tabs of a browser; pages are loaded past it.

    Attributes:
        breaks_before_ack: pull the cable when the server acknowledges something, which nobody hears then.
    """

    def __init__(self) -> None:
        self.breaks_before_ack = False
        self._plugged = True
        self._sockets: list[WebSocketRoute] = []

    def carry(self, socket: WebSocketRoute) -> None:
        """Connect a socket, or not."""
        if not self._plugged:
            socket.close()
            return
        server = socket.connect_to_server()
        self._sockets += [socket, server]

        def hear(frame: str | bytes) -> None:
            if self.breaks_before_ack and json.loads(frame)["type"] == "ack":
                self.breaks_before_ack = False
                self.pull()
            elif self._plugged:
                socket.send(frame)

        server.on_message(hear)

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


@pytest.fixture
def cable(chat: Chat) -> Cable:
    """The cable of the test's browser."""
    cable = Cable()
    chat.page.context.route_web_socket("**/ws", cable.carry)
    return cable
