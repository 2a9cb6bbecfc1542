"""Chats over HTTP: sessions, messages, what makes a reply, what is used in them, and seed 001's paths."""

from causerie.chats.routes.messages import router as messages
from causerie.chats.routes.replies import routers as replies
from causerie.chats.routes.seed import router as seed
from causerie.chats.routes.sessions import router as sessions
from causerie.chats.routes.uses import router as uses

routers = (*replies, sessions, messages, uses, seed)

__all__ = ["routers"]
