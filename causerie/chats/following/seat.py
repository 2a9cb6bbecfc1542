"""One reader's place in a session that it follows."""

import asyncio
from uuid import UUID

import structlog

from causerie.broker.ports import EventNotice, SessionKey
from causerie.chats.encoding import END, RESET, START, content_of, stream_token, token_prefix
from causerie.chats.following.channel import Channel, Frame
from causerie.chats.following.feed import EventsGone, Feed
from causerie.chats.following.texts import Cursor, Reply
from causerie.errors import CauserieError, NotFound

RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Seat:
    """A channel's place in one session: up to which event, and up to where in the text of each running reply.

    The only one who pushes a session's frames into a channel, so that they have one order: all text so far, then the
    event; no text of an attempt before the event that begins it, none after its end.

    Args:
        seq: the event after which this reader goes on.
        cursors: how far it has the text of replies; of any other it has nothing.
        only: the one reply whose `start`, `reset`, text and `end` this reader wants, and nothing else.
    """

    __slots__ = ("_behind", "_feed", "_only", "channel", "cursors", "left", "seq")

    def __init__(
        self, feed: Feed, channel: Channel, seq: int, cursors: dict[UUID, Cursor], only: UUID | None = None
    ) -> None:
        self.channel = channel
        self.seq = seq
        self.cursors = cursors
        self.left = False
        self._feed = feed
        self._behind = True
        self._only = only
        feed.seats.append(self)
        channel.lag(self)

    @property
    def key(self) -> SessionKey:
        """The session."""
        return self._feed.key

    @property
    def feed(self) -> Feed:
        """The session's feed."""
        return self._feed

    @property
    def selective(self) -> bool:
        """Whether this reader follows a single reply."""
        return self._only is not None

    def hear(self, reply: Reply, offset: int, frame: Frame) -> None:
        """Pass on new text that begins after `offset`, at once if nothing waits."""
        cursor = self.cursors.get(reply.message_id)
        if self._behind or cursor is None or cursor.attempt != reply.attempt:
            return
        if cursor.offset == offset and self.channel.idle:
            cursor.offset = reply.length
            self.channel.push(frame)
        else:
            self.channel.lag(self)

    def take(self, notice: EventNotice) -> None:
        """Pass on an event, after all text before it, or fall behind if too much waits already."""
        if self._behind or notice.seq <= self.seq:
            return
        if self.channel.full:
            self._behind = True
            self.channel.lag(self)
            return
        self._put_text()
        self._put_event(notice)

    async def catch_up(self) -> bool:
        """Push the events that this reader lacks, then the text, as much as fits; return whether that was all."""
        while self._behind and not self.left:
            if self.seq >= self._feed.position:
                self._behind = False
                # What a client says to have of replies that do not run is of no more use.
                self.cursors = {key: cursor for key, cursor in self.cursors.items() if key in self._feed.replies}
                break
            try:
                notices = await self._feed.events_after(self.seq)
            except (EventsGone, NotFound):
                self.channel.give_up()
                return True
            except CauserieError as error:
                log.warning("catching_up_waits", session_id=str(self.key.session_id), code=error.code)
                await asyncio.sleep(RETRY_SECONDS)
                return False
            for notice in notices:
                if self.channel.full or self.left:
                    return self.left
                if notice.seq == self.seq + 1:
                    self._put_rest(notice)
                    self._put_event(notice)
            if self.seq < self._feed.position and not self.channel.idle:
                return False
        if not self.left:
            self._put_text()
        return True

    def leave(self) -> None:
        """Want nothing more; what is queued already is still sent."""
        self.left = True
        self._feed.seats.remove(self)
        self.channel.forget(self)

    def _put_text(self) -> None:
        for message_id, cursor in self.cursors.items():
            reply = self._feed.replies.get(message_id)
            if reply is not None and reply.attempt == cursor.attempt and cursor.offset < reply.length:
                self.channel.push(reply.frame_from(cursor.offset))
                cursor.offset = reply.length

    def _put_rest(self, end: EventNotice) -> None:
        """Before the end of a reply that was missed, give its text as far as this reader lacks it."""
        if end.kind != END or end.message_id is None or not self._wants(end):
            return
        cursor = self.cursors.get(end.message_id) or Cursor(end.attempt, 0)
        content = content_of(end)
        if cursor.attempt == end.attempt and cursor.offset < len(content):
            prefix = token_prefix(self.key.session_id, end.message_id, end.attempt)
            self.channel.push(Frame(stream_token(prefix, cursor.offset, content[cursor.offset :])))

    def _put_event(self, notice: EventNotice) -> None:
        self.seq = notice.seq
        if not self._wants(notice):
            return
        self.channel.push(Frame(notice.body, notice.seq))
        if notice.kind not in {START, RESET, END} or notice.message_id is None:
            return
        cursor = self.cursors.get(notice.message_id)
        if notice.kind == END:
            if cursor is not None and cursor.attempt <= notice.attempt:
                del self.cursors[notice.message_id]
            if self.selective:
                self.channel.finish()
        elif cursor is None:
            self.cursors[notice.message_id] = Cursor(notice.attempt, 0)
        elif cursor.attempt < notice.attempt:
            cursor.attempt, cursor.offset = notice.attempt, min(cursor.offset, notice.keep)

    def _wants(self, notice: EventNotice) -> bool:
        return self._only is None or (notice.message_id == self._only and notice.kind in {START, RESET, END})
