"""What joining a session begins with, remembered for all nodes."""

import asyncio
from uuid import UUID

import structlog

from causerie.broker.ports import CachedSession, SessionKey
from causerie.broker.redis import keys
from causerie.broker.redis.messages import decode, encode
from causerie.broker.redis.pipe import Once, Pipe, Question

log = structlog.get_logger(__name__)

LONGEST_SECONDS = 0.5
"""Longer than this the database is the quicker one to ask."""
LONGEST_READ_SECONDS = 6.0
"""No reading of the database takes longer, so nothing older is put later."""
LARGEST_CHARACTERS = 256 * 1024

PUT = """
local known = redis.call('HMGET', KEYS[1], 'head', 'forgotten')
local head = tonumber(known[1])
if known[2] or (head and head > tonumber(ARGV[1])) then
  return 0
end
redis.call('HSET', KEYS[1], 'head', ARGV[1], 'session', ARGV[2], 'messages', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
"""
FORGET = """
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'forgotten', 1)
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 0
"""
"""The mark keeps out what was read before."""


class RedisSessionCache:
    """A `SessionCache` over Redis.

    Args:
        news: carries what must not get lost while Redis is away for a moment: forgetting.
        questions: carries the rest.
    """

    def __init__(self, news: Pipe, questions: Pipe) -> None:
        self._news = news
        self._questions = questions
        self._forgetting: set[asyncio.Task[None]] = set()

    async def get(self, session: SessionKey) -> CachedSession | None:
        key = keys.cached_session(session)
        question = Question(key, ("HMGET", key, "head", "session", "messages"))
        self._questions.put(question)
        await asyncio.wait([question.answer], timeout=LONGEST_SECONDS)
        if not question.answer.done() or question.answer.result() is None:
            return None
        head, row, messages = question.answer.result()
        if head is None or row is None or messages is None:
            return None
        try:
            return CachedSession(int(head), decode(row), decode(messages))
        except ValueError:
            log.warning("cached_session_unreadable", session_id=str(session.session_id))
            return None

    def put(self, session: SessionKey, cached: CachedSession) -> None:
        if len(cached.session) + len(cached.messages) > LARGEST_CHARACTERS:
            return
        key, index = keys.cached_session(session), keys.cached_sessions(session.user_id)
        self._questions.put(Once(index, ("SADD", index, str(session.session_id))))
        self._questions.put(Once(index, ("EXPIRE", index, keys.SESSION_SECONDS)))
        parts = (cached.head, encode(cached.session), encode(cached.messages), keys.SESSION_SECONDS)
        self._questions.put(Once(key, ("EVAL", PUT, 1, key, *parts)))

    def forget(self, session: SessionKey) -> None:
        key, index = keys.cached_session(session), keys.cached_sessions(session.user_id)
        self._news.put(Once(key, ("EVAL", FORGET, 1, key, keys.FORGOTTEN_SECONDS)))
        self._news.put(Once(index, ("SREM", index, str(session.session_id))))

    def forget_user(self, user_id: UUID) -> None:
        task = asyncio.create_task(self._forget_all(user_id), name=f"forget the sessions of {user_id}")
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)

    async def close(self) -> None:
        """Give up what is being forgotten."""
        for task in self._forgetting:
            task.cancel()
        await asyncio.gather(*self._forgetting, return_exceptions=True)

    async def _forget_all(self, user_id: UUID) -> None:
        """Forget twice: a session that was not in the set yet may be put by who read it before."""
        index = keys.cached_sessions(user_id)
        for pause in (0.0, LONGEST_READ_SECONDS):
            await asyncio.sleep(pause)
            question = Question(index, ("SMEMBERS", index))
            self._news.put(question)
            for session_id in await question.answer or ():
                try:
                    self.forget(SessionKey(user_id, UUID(session_id.decode())))
                except ValueError:
                    log.warning("cached_session_unreadable", session_id=repr(session_id))
