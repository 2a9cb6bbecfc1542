"""Joins a session's events and text in order, once for all who read them."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol
from uuid import UUID

from causerie.broker.ports import EventNotice, LiveText, SessionKey, TextPiece
from causerie.chats.encoding import END, RESET, START, content_of, stream_token
from causerie.chats.following.channel import Channel, Frame
from causerie.chats.following.history import History, Running
from causerie.chats.following.texts import Reply
from causerie.db.work import Actor
from causerie.errors import Busy, NotFound

# Events kept for readers that are a little behind; older ones are read from the database.
RECENT_EVENTS = 64
RECENT_CHARACTERS = 16 * 1024
# What came too early, until the events before it are read; beyond this it is dropped, because it can be read too.
WAITING_EVENTS = 256
WAITING_PIECES = 256
ENDED_REPLIES = 64


class EventsGone(Busy):
    """The next event of a reader is no longer stored: it has to join afresh."""

    def __init__(self) -> None:
        super().__init__("Join the session again: what happened since is not kept any more.")


class Reader(Protocol):
    """Who is told what a feed takes, in its order."""

    channel: Channel

    @property
    def selective(self) -> bool:
        """Whether it follows a single reply."""

    def hear(self, reply: Reply, offset: int, frame: Frame) -> None:
        """Take new text of a reply, which begins after `offset`."""

    def take(self, notice: EventNotice) -> None:
        """Take an event, after all text before it."""


class Feed:
    """A session's events without gap or repeat, and with them the text of its running replies.

    It listens to the bus, which may lose, repeat and reorder. Whatever does not fit waits, and `mend` is called: its
    owner then reads what is missing and hands it to `on_event` or `learn`. Before `open` everything waits.
    """

    def __init__(self, key: SessionKey, history: History, mend: Callable[["Feed"], None]) -> None:
        self.key = key
        self.actor = Actor(key.user_id)
        self.head: int | None = None
        self.replies: dict[UUID, Reply] = {}
        self.seats: list[Reader] = []
        self.holders = 0
        self.newest = 0
        self.text_unknown = False
        self.vanished = False
        self._history = history
        self._mend = mend
        self._recent: deque[EventNotice] = deque()
        self._recent_characters = 0
        self._early_events: dict[int, EventNotice] = {}
        self._early_pieces: list[TextPiece] = []
        # An ended attempt is closed for good: a piece that comes late would bring it back to life.
        self._ended: OrderedDict[UUID, int] = OrderedDict()

    @property
    def position(self) -> int:
        """The newest event that was passed on; 0 before the feed is open."""
        return self.head or 0

    def is_whole(self) -> bool:
        """Whether nothing is known to be missing."""
        if self._early_pieces or self.text_unknown or self.position < self.newest:
            return False
        return not any(reply.short or reply.unsure for reply in self.replies.values())

    @property
    def lacks_events(self) -> bool:
        """Whether an event is known to be missing: a newer one was heard of, or text of an attempt that none began."""
        return self.position < self.newest or any(self._begins(piece) for piece in self._early_pieces)

    def open(
        self,
        head: int,
        running: Iterable[Running],
        texts: Iterable[LiveText],
        *,
        text_unknown: bool = False,
        bus_away: bool = False,
    ) -> None:
        """Begin after event `head` with the replies that were running then, then take what came meanwhile.

        Args:
            texts: what the bus has of those replies.
            text_unknown: the bus was not asked for the texts of replies that begin with events after `head`.
            bus_away: what the bus does not have is no sign that it lost something.
        """
        live = {text.message_id: text for text in texts}
        self.head = head
        self.text_unknown = self.text_unknown or text_unknown
        for run in running:
            known = live.get(run.message_id)
            text = run.partial_text if run.partial_attempt == run.attempt else ""
            sure = known is not None and known.attempt == run.attempt
            if known is not None and sure and len(known.text) > len(text):
                text = known.text
            self.replies[run.message_id] = reply = Reply(self.key.session_id, run.message_id, run.attempt, text)
            reply.unsure = not sure and not bus_away
        self._early_events = {seq: notice for seq, notice in self._early_events.items() if seq > head}
        self._take_early_events()
        if not self.is_whole():
            self._mend(self)

    def on_event(self, notice: EventNotice) -> None:
        """Take an event at its place, and what waited for it."""
        if self.head is not None and notice.seq <= self.head:
            return
        self.newest = max(self.newest, notice.seq)
        if self.head is None or notice.seq > self.head + 1:
            if len(self._early_events) < WAITING_EVENTS:
                self._early_events[notice.seq] = notice
            if self.head is not None:
                self._mend(self)
            return
        self._apply(notice)
        self._take_early_events()

    def on_text(self, piece: TextPiece) -> None:
        """Take new text at its place."""
        reply = self.replies.get(piece.message_id)
        if reply is None or piece.attempt > reply.attempt:
            if self.head is None or self._begins(piece):
                self._hold(piece)
        elif piece.attempt == reply.attempt:
            overlap = reply.length - piece.offset
            reply.unsure = reply.unsure and overlap < 0
            if overlap < 0:
                self._hold(piece)
            elif overlap == 0:
                self._extend(reply, piece.text)
            elif overlap < len(piece.text):
                self._extend(reply, piece.text[overlap:])

    def learn(self, texts: Iterable[LiveText]) -> None:
        """Take the whole texts of running attempts, where they are longer than what was heard."""
        for text in texts:
            reply = self.replies.get(text.message_id)
            if reply is None or reply.attempt != text.attempt:
                continue
            reply.unsure = False
            if len(text.text) > reply.length:
                self._extend(reply, text.text[reply.length :])
        self.text_unknown = False
        self._take_early_pieces()

    def learn_checkpoints(self, running: Iterable[Running]) -> None:
        """Take the texts that were last checkpointed; of the attempt before, what the present one keeps."""
        for run in running:
            reply = self.replies.get(run.message_id)
            if reply is None or run.partial_attempt not in {reply.attempt, reply.attempt - 1}:
                continue
            text = run.partial_text if run.partial_attempt == reply.attempt else run.partial_text[: reply.short]
            if len(text) > reply.length:
                self._extend(reply, text[reply.length :])
        self._take_early_pieces()

    def fell_silent(self) -> bool:
        """Return whether the text of a running reply has not grown since this was last asked."""
        silent = not all(reply.grew for reply in self.replies.values())
        for reply in self.replies.values():
            reply.grew = False
        return silent

    def drop_early(self) -> None:
        """Give up what waits and cannot be placed: the rest comes with the next event, or with the end of the reply."""
        self.newest = self.position
        self._early_events.clear()
        self._early_pieces.clear()
        self.text_unknown = False
        for reply in self.replies.values():
            reply.short, reply.unsure = 0, False

    async def events_after(self, seq: int) -> Sequence[EventNotice]:
        """Return the next events after `seq`, at least one if there is any. What had to be read is taken, too.

        Raises:
            EventsGone: the next event is not stored any more.
            NotFound: the session is gone.
        """
        if self._recent and self._recent[0].seq <= seq + 1 <= self._recent[-1].seq:
            return [notice for notice in self._recent if notice.seq > seq]
        exists = seq < self.position
        notices = await self._history.events_after(self.actor, self.key.session_id, seq)
        if notices is None or (exists and not notices):
            raise EventsGone
        for notice in notices:
            self.on_event(notice)
        return notices

    async def read_on(self) -> bool:
        """Take the next events that are stored; return whether there were any.

        Raises:
            EventsGone: the next event is not stored any more.
            NotFound: the session is gone.
        """
        try:
            return bool(await self.events_after(self.position))
        except (EventsGone, NotFound):
            self.give_up()
            raise

    def give_up(self) -> None:
        """End the connections of all readers: they cannot go on from where they are, but by joining anew."""
        for seat in self.seats:
            seat.channel.give_up()

    def _apply(self, notice: EventNotice) -> None:
        self.head = notice.seq
        self._early_events.pop(notice.seq, None)
        self._remember(notice)
        if notice.kind == END:
            self._complete(notice)
        for seat in self.seats:
            seat.take(notice)
        if notice.kind in {START, RESET, END}:
            self._turn(notice)

    def _complete(self, end: EventNotice) -> None:
        """Fill in the text that was not heard, so that every reader gets it before the end."""
        reply = self.replies.get(end.message_id) if end.message_id else None
        if reply is not None and reply.attempt == end.attempt:
            content = content_of(end)
            if len(content) > reply.length:
                reply.extend(content[reply.length :])

    def _turn(self, notice: EventNotice) -> None:
        """Begin or end an attempt."""
        message_id, attempt = notice.message_id, notice.attempt
        if message_id is None:
            return
        reply = self.replies.get(message_id)
        if notice.kind == END:
            if reply is None or reply.attempt <= attempt:
                self.replies.pop(message_id, None)
                self._ended[message_id] = attempt
                self._ended.move_to_end(message_id)
                if len(self._ended) > ENDED_REPLIES:
                    self._ended.popitem(last=False)
        elif reply is None or reply.attempt < attempt:
            kept = reply.text[: notice.keep] if reply else ""
            self.replies[message_id] = begun = Reply(self.key.session_id, message_id, attempt, kept, notice.keep)
            if begun.short:
                self._mend(self)
        self._take_early_pieces()

    def _begins(self, piece: TextPiece) -> bool:
        """Whether the piece is of an attempt that has not begun here."""
        reply = self.replies.get(piece.message_id)
        return piece.attempt > (reply.attempt if reply else self._ended.get(piece.message_id, 0))

    def _extend(self, reply: Reply, text: str) -> None:
        offset = reply.length
        reply.extend(text)
        frame = Frame(stream_token(reply.prefix, offset, text))  # encoded once for all readers
        for seat in self.seats:
            seat.hear(reply, offset, frame)

    def _hold(self, piece: TextPiece) -> None:
        if len(self._early_pieces) < WAITING_PIECES:
            self._early_pieces.append(piece)
        else:
            self.text_unknown = True
        if self.head is not None:
            self._mend(self)

    def _take_early_events(self) -> None:
        while self.head is not None and (notice := self._early_events.get(self.head + 1)):
            self._apply(notice)
        self._take_early_pieces()

    def _take_early_pieces(self) -> None:
        if self._early_pieces:
            pieces, self._early_pieces = self._early_pieces, []
            for piece in pieces:
                self.on_text(piece)

    def _remember(self, notice: EventNotice) -> None:
        self._recent.append(notice)
        self._recent_characters += len(notice.body)
        while len(self._recent) > RECENT_EVENTS or self._recent_characters > RECENT_CHARACTERS:
            self._recent_characters -= len(self._recent.popleft().body)
