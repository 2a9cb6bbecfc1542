"""The client's reducer against a model of the contract: I2, I3, I4, I6, and it joins again exactly when it must."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.faults.model.serving import Client, Message, Server, token

TEXTS = ["Once ", "é", "e\u0301", "👩‍🚀 ", "upon a time ", "🇦🇹", "x" * 9]
TABS = 2

picks = st.integers(0, 30)
tabs = st.integers(0, TABS - 1)


class Chat(RuleBasedStateMachine):
    """People, workers and connections, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.clients = [Client(self.server) for _ in range(TABS)]
        self.said = 0

    @initialize()
    def begin(self) -> None:
        self.server.say("u0", "Hello")

    # People.

    @rule(tab=tabs)
    def say(self, tab: int) -> None:
        self.said += 1
        self._answer(tab, self.server.say(f"u{self.said}", f"Question {self.said}"))

    @rule(tab=tabs, pick=picks, same=st.booleans())
    def say_again(self, tab: int, pick: int, same: bool) -> None:
        """I2: one id is one message, and another text under it is a conflict."""
        identity = f"u{pick % (self.said + 1)}"
        stored = self.server.messages[identity]
        before = dict(stored.row), self.server.head

        answer = self.server.say(identity, next(iter(stored.contents)) if same else "Something else")

        assert (dict(stored.row), self.server.head) == before
        assert answer.get("code") == (None if same else "id_conflict")
        self._answer(tab, answer)

    @rule(pick=picks, keeps_text=st.booleans())
    def ask_again(self, pick: int, keeps_text: bool) -> None:
        states = ("failed", "stopped", "complete") if keeps_text else ("failed", "stopped")
        if reply := self._one(pick, *states):
            self.server.ask_again(reply, keeps_text=keeps_text)

    @rule(pick=picks)
    def swipe(self, pick: int) -> None:
        if reply := self._one(pick, "complete", "failed", "stopped"):
            self.server.swipe(reply)

    @rule(pick=picks, text=st.sampled_from(TEXTS))
    def edit(self, pick: int, text: str) -> None:
        if reply := self._one(pick, "complete", "failed", "stopped"):
            self.server.edit(reply, text)

    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        living = [message for message in self.server.messages.values() if not message.deleted]
        if living:
            self.server.delete(living[pick % len(living)])

    @rule(pick=picks)
    def rename(self, pick: int) -> None:
        self.server.rename(f"Title {pick}")

    # Workers.

    @rule(pick=picks)
    def start(self, pick: int) -> None:
        if reply := self._one(pick, "queued"):
            self.server.begin(reply)

    @rule(pick=picks, text=st.sampled_from(TEXTS))
    def write(self, pick: int, text: str) -> None:
        if reply := self._one(pick, "streaming"):
            self.server.write(reply, text)

    @rule(pick=picks, keep=st.integers(0, 20))
    def take_over(self, pick: int, keep: int) -> None:
        if reply := self._one(pick, "streaming"):
            self.server.take_over(reply, keep)

    @rule(tab=tabs, text=st.sampled_from(TEXTS), status=st.sampled_from(["complete", "stopped", "failed"]))
    def write_all_at_once(self, tab: int, text: str, status: str) -> None:
        """A whole turn in one step, so that what comes after it is tried often."""
        self.say(tab)
        reply = self.server.messages[f"ru{self.said}"]
        self.server.begin(reply)
        self.server.write(reply, 2 * text)
        self.server.end(reply, status)

    @rule(pick=picks, status=st.sampled_from(["complete", "stopped", "failed"]))
    def end(self, pick: int, status: str) -> None:
        if reply := self._one(pick, "streaming"):
            self.server.end(reply, status)

    @rule(pick=picks)
    def stop_waiting(self, pick: int) -> None:
        if reply := self._one(pick, "queued"):
            self.server.end(reply, "stopped")

    # Connections.

    @rule(tab=tabs, pick=picks, most=st.integers(1, 12), again=st.integers(0, 6))
    def send_text(self, tab: int, pick: int, most: int, again: int) -> None:
        """Each connection gets the text in cuts of its own, now and then some of it twice."""
        if reply := self._one(pick, "streaming"):
            self.clients[tab].connection.put_text(reply, most, again)

    @rule(tab=tabs, count=st.integers(1, 8))
    def deliver(self, tab: int, count: int) -> None:
        client = self.clients[tab]
        for _ in range(min(count, len(client.connection.wire))):
            client.take(client.connection.wire.pop(0))

    @precondition(lambda self: any(client.late for client in self.clients))
    @rule(tab=tabs, count=st.integers(1, 4))
    def deliver_late(self, tab: int, count: int) -> None:
        """Frames of a lost connection come after those of the next one."""
        client = self.clients[tab]
        for _ in range(min(count, len(client.late))):
            client.take(client.late.pop(0))

    @rule(tab=tabs)
    def answer(self, tab: int) -> None:
        if self.clients[tab].connection.asked:
            self.clients[tab].connection.answer()

    @rule(tab=tabs, reload=st.booleans())
    def lose_connection(self, tab: int, reload: bool) -> None:
        self.clients[tab].reconnect(reload=reload)

    @rule(tab=tabs, pick=picks)
    def lose_frame(self, tab: int, pick: int) -> None:
        """No connection does that; whatever did, the client finds its way back. (Who waits for a join asks anew.)"""
        wire = self.clients[tab].connection.wire
        if wire and wire[pick % len(wire)]["type"] != "session:joined":
            del wire[pick % len(wire)]

    @rule(tab=tabs)
    def ping(self, tab: int) -> None:
        if self.clients[tab].connection.has_joined:
            self.clients[tab].connection.wire.append(self.server.heads())

    @rule(pick=picks)
    def forget_events(self, pick: int) -> None:
        """Events are kept for a while only."""
        self.server.kept_from = max(self.server.kept_from, self.server.head - pick)

    # The traps.

    @rule(tab=tabs)
    def end_overtakes_the_last_text(self, tab: int) -> None:
        wire = self.clients[tab].connection.wire
        for place, frame in enumerate(wire):
            if frame["type"] == "chat:stream:end" and place and _is_text_of(wire[place - 1], frame["message_id"]):
                wire[place - 1], wire[place] = frame, wire[place - 1]
                return

    @rule(tab=tabs, pick=picks, edited=st.booleans())
    def a_timer_after_the_end_sends_all_text_again(self, tab: int, pick: int, edited: bool) -> None:
        if edited:
            self.edit(pick, "E")
        connection, reply = self.clients[tab].connection, self._one(pick, "complete", "failed", "stopped")
        attempt = reply.row["attempt"] if reply else 0
        if reply and connection.has_joined and reply.texts.get(attempt):
            connection.wire.append(token(reply.id, attempt, 0, reply.texts[attempt]))

    @invariant()
    def what_is_known_is_true(self) -> None:
        for client in self.clients:
            client.check()

    def teardown(self) -> None:
        """Let everything arrive: then everybody has what is stored."""
        for client in self.clients:
            _settle(client)
            client.check_is_current()

    def _one(self, pick: int, *states: str) -> Message | None:
        replies = self.server.replies(*states)
        return replies[pick % len(replies)] if replies else None

    def _answer(self, tab: int, answer: dict[str, Any]) -> None:
        connection = self.clients[tab].connection
        if connection.has_joined:
            connection.wire.append(answer)


def _settle(client: Client) -> None:
    for frame in client.late:
        client.take(frame)
    pongs = 0
    while client.connection.asked or client.connection.wire or pongs < 2:
        if client.connection.asked:
            client.connection.answer()
        elif client.connection.wire:
            client.take(client.connection.wire.pop(0))
        else:
            pongs += 1
            client.connection.wire.append(client.server.heads())


def _is_text_of(frame: dict[str, Any], message_id: str) -> bool:
    return (frame["type"], frame.get("message_id")) == ("chat:stream:token", message_id)


TestChat = Chat.TestCase
TestChat.settings = settings(
    max_examples=300, stateful_step_count=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
