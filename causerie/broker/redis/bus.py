"""Live text and committed events between the nodes of an installation."""

import asyncio
import secrets
from collections.abc import Callable, Collection
from functools import partial
from uuid import UUID

from causerie.broker.listeners import Listeners
from causerie.broker.ports import (
    EventNotice,
    LiveText,
    SessionHint,
    SessionKey,
    SessionListener,
    TextPiece,
    UserListener,
)
from causerie.broker.redis import keys, messages
from causerie.broker.redis.connections import ANSWER_SECONDS, Answer
from causerie.broker.redis.hearing import Hearing
from causerie.broker.redis.pipe import Once, Pipe, Question
from causerie.broker.redis.texts import SentText, assemble

CLOSE = """
local top = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if top and tonumber(string.match(top[1], '^%d+')) <= tonumber(ARGV[1]) then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return 0
"""
"""Lets a stream expire, unless a newer attempt writes it."""


class RedisBus:
    """A `TokenBus` over Redis. This node's own listeners are called at once, whether Redis is there or not.

    Args:
        news: carries what is published, in its order.
        questions: carries what is read.
    """

    def __init__(self, news: Pipe, questions: Pipe, hearing: Hearing) -> None:
        self._news = news
        self._questions = questions
        self._hearing = hearing
        self._sender = secrets.token_bytes(messages.SENDER_BYTES)
        self._texts: dict[SessionKey, dict[UUID, SentText]] = {}
        self._here = Listeners()

    @property
    def away(self) -> bool:
        return self._hearing.away or self._news.away  # where nobody can write there is nothing to hear

    def open(self, session: SessionKey, message_id: UUID, attempt: int, kept: str) -> None:
        replies = self._texts.setdefault(session, {})
        current = replies.get(message_id)
        if current is not None and current.attempt >= attempt:
            return
        opened = SentText(session, message_id, attempt, kept, sender=self._sender, again=self._send)
        replies[message_id] = opened
        if attempt > 1 or kept:  # fences whoever writes an older one; a first attempt begins with its first piece
            self._send(opened)

    def publish_text(self, piece: TextPiece) -> None:
        text = self._texts.get(piece.session, {}).get(piece.message_id)
        if text is None or text.attempt != piece.attempt or text.length != piece.offset or text.fenced:
            return
        text.extend(piece.text)
        self._send(text)
        self._here.publish_text(piece)

    def close(self, session: SessionKey, message_id: UUID, attempt: int) -> None:
        replies = self._texts.get(session, {})
        current = replies.get(message_id)
        if current is None or current.attempt > attempt:
            return
        current.closed = True
        del replies[message_id]
        if not replies:
            del self._texts[session]
        self._news.put(Once(current.key, ("EVAL", CLOSE, 1, current.key, attempt, keys.CLOSED_TEXT_SECONDS)))

    def publish_event(self, notice: EventNotice) -> None:
        self._publish(keys.events(notice.session), messages.pack_event(self._sender, notice))
        self._here.publish_event(notice)

    def publish_hint(self, hint: SessionHint) -> None:
        self._publish(keys.hints(hint.session.user_id), messages.pack_hint(self._sender, hint))
        self._here.publish_hint(hint)

    def publish_stop(self, user_id: UUID, message_id: UUID) -> None:
        self._publish(keys.STOPS, messages.pack_stop(self._sender, user_id, message_id))
        self._here.publish_stop(user_id, message_id)

    def subscribe(self, session: SessionKey, listener: SessionListener) -> Callable[[], None]:
        channel = keys.events(session)
        self._hearing.want(channel, partial(self._take_news, session))
        return self._here.subscribe(session, listener, partial(self._hearing.unwant, channel))

    def subscribe_user(self, user_id: UUID, listener: UserListener) -> Callable[[], None]:
        channel = keys.hints(user_id)
        self._hearing.want(channel, partial(self._take_hint, user_id))
        return self._here.subscribe_user(user_id, listener, partial(self._hearing.unwant, channel))

    def subscribe_stops(self, listener: Callable[[UUID, UUID], None]) -> Callable[[], None]:
        self._hearing.want(keys.STOPS, self._take_stop)
        return self._here.subscribe_stops(listener, partial(self._hearing.unwant, keys.STOPS))

    async def listening(self, session: SessionKey) -> None:
        await self._hearing.confirmed(keys.events(session))

    async def read(self, session: SessionKey, message_ids: Collection[UUID]) -> list[LiveText]:
        found: list[LiveText] = []
        questions: dict[UUID, Question] = {}
        here = self._texts.get(session, {})
        for message_id in message_ids:
            text = here.get(message_id)
            if text is not None and not text.fenced:
                found.append(LiveText(message_id, text.attempt, text.text))
            else:
                key = keys.text(session, message_id)
                questions[message_id] = Question(key, ("XRANGE", key, "-", "+"))
        for message_id, entries in (await self._answers(questions)).items():
            assembled = assemble(message_id, entries)
            if assembled is not None:
                found.append(assembled)
        return found

    async def _answers(self, questions: dict[UUID, Question]) -> dict[UUID, Answer]:
        for question in questions.values():
            self._questions.put(question)
        if questions:
            await asyncio.wait([question.answer for question in questions.values()], timeout=ANSWER_SECONDS)
        return {
            message_id: question.answer.result()
            for message_id, question in questions.items()
            if question.answer.done() and question.answer.result()
        }

    def _send(self, text: SentText) -> None:
        if not text.waiting:
            text.waiting = True
            self._news.put(text)

    def _publish(self, channel: bytes, message: bytes) -> None:
        self._news.put(Once(channel, ("PUBLISH", channel, message)))

    def _take_news(self, session: SessionKey, message: bytes) -> None:
        if messages.sender_of(message) == self._sender:
            return  # it was heard when it was published
        match messages.unpack_news(session, message):
            case EventNotice() as notice:
                self._here.publish_event(notice)
            case TextPiece() as piece:
                self._here.publish_text(piece)

    def _take_hint(self, user_id: UUID, message: bytes) -> None:
        if messages.sender_of(message) != self._sender and (hint := messages.unpack_hint(user_id, message)):
            self._here.publish_hint(hint)

    def _take_stop(self, message: bytes) -> None:
        if messages.sender_of(message) != self._sender and (stop := messages.unpack_stop(message)):
            self._here.publish_stop(*stop)
