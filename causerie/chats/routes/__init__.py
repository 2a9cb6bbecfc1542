"""Chats over HTTP: sessions, messages, what makes a reply, and seed 001's paths."""

from causerie.chats.routes.messages import router as messages
from causerie.chats.routes.replies import routers as replies
from causerie.chats.routes.seed import router as seed
from causerie.chats.routes.sessions import router as sessions

routers = (*replies, sessions, messages, seed)

__all__ = ["routers"]
