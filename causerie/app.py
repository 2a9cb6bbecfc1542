"""Puts a node together: settings, then ports, then features, then surfaces. Nothing below knows this file."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI
from starlette.datastructures import State
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from causerie import __version__
from causerie.accounts.actor import LocalSignIn
from causerie.accounts.routes import router as accounts_router
from causerie.aimodels import service as aimodels
from causerie.aimodels.routes import router as models_router
from causerie.aimodels.sealing import Sealer, master_key
from causerie.characters.routes import router as characters_router
from causerie.characters.routes import uploads as character_uploads
from causerie.chats import service as chats
from causerie.chats.following import Following, StoredHistory
from causerie.chats.routes import routers as chat_routers
from causerie.config import Settings
from causerie.errors import CauserieError
from causerie.http.documents import describe, document_routes
from causerie.http.front import Front, origin_of
from causerie.http.pages import Pages
from causerie.http.problems import PROBLEM_HANDLERS
from causerie.http.routing import RouteIndex
from causerie.jobs.routes import router as jobs_router
from causerie.ops import client_events, health, metrics
from causerie.ops.data_folder import prepare_folder
from causerie.profiles import service as profiles
from causerie.profiles.routes import router as profiles_router
from causerie.prompting.routes import router as prompt_router
from causerie.prompts import service as prompts
from causerie.prompts.routes import router as prompts_router
from causerie.realtime.socket import Node, Sockets
from causerie.realtime.sse import ReplyStream
from causerie.realtime.sse import router as events_router
from causerie.search.routes import router as search_router
from causerie.settings.routes import router as settings_router
from causerie.trash.routes import router as trash_router
from causerie.usage.routes import router as usage_router
from causerie.worker import DEFAULT_CONCURRENCY, Process, open_database, running, together

log = structlog.get_logger(__name__)

STATIC = Path(__file__).parent / "static"
DESCRIPTION = (
    "Talk with characters over REST, WebSocket and SSE. What a client may rely on is what this document says; "
    "refusals are `application/problem+json` and their `code` is stable."
)

Drain = Callable[[], Awaitable[None]]


def create_app(settings: Settings, *, concurrency: int | None = DEFAULT_CONCURRENCY) -> FastAPI:
    """Return a node that serves everything; its lifespan opens and closes what it needs.

    On PostgreSQL the node lives while the database is away or has an older schema: its API refuses, saying so, and
    begins when it can.

    Args:
        concurrency: most replies that are made here at once; None leaves them to workers.

    Raises:
        WrongSetting: the master key cannot be used.
    """
    prepare_folder(settings)
    sealer = Sealer(master_key(settings))
    app = FastAPI(
        title="Causerie",
        version=__version__,
        description=DESCRIPTION,
        lifespan=partial(_lifespan, settings, sealer, concurrency),
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers=PROBLEM_HANDLERS,
    )
    app.state.settings, app.state.sealer = settings, sealer
    app.state.drain = partial(_drain, app.state)
    app.state.traffic, app.state.lag = metrics.Traffic(), metrics.Lag()
    app.state.client_log = client_events.ClientLog()
    _add_routes(app)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["ETag", "X-Request-Id"],
        )
    public = settings.public_url
    app.add_middleware(
        Front,
        names=[urlsplit(public).hostname or ""] if public else [],
        origins=[*settings.allowed_origins, *([origin_of(public)] if public else [])],
        not_yet=lambda: app.state.not_yet,
        count=app.state.traffic.count,
    )
    return app


@asynccontextmanager
async def _lifespan(settings: Settings, sealer: Sealer, concurrency: int | None, app: FastAPI) -> AsyncIterator[None]:
    """Let the node live in a task of its own, since it may begin to work long after it began to answer."""
    state = app.state
    state.not_yet, state.parts, state.drains = None, {}, []
    settled, ending = asyncio.Event(), asyncio.Event()

    def not_yet(why: CauserieError) -> None:
        state.not_yet = why
        settled.set()

    async def live() -> None:
        try:
            database = await open_database(settings, not_yet)
            async with AsyncExitStack() as stack:
                stack.push_async_callback(database.close)
                state.database = database
                process = await stack.enter_async_context(running(settings, sealer, database, concurrency=concurrency))
                await _serve_on(process, state, stack)
                state.not_yet = None
                settled.set()
                await ending.wait()
        finally:
            settled.set()

    state.life = life = asyncio.create_task(live(), name="node")
    await settled.wait()
    if life.done():
        await life
    yield
    ending.set()
    if state.not_yet is not None:
        life.cancel()  # it waits for its database
    await asyncio.wait([life])
    if not life.cancelled():
        await life


async def _drain(state: State) -> None:
    """Let the node's parts come to rest, all at once: nothing new begins, what runs is handed over or ended."""
    drains: list[Drain] = state.drains
    for outcome in await asyncio.gather(*(part() for part in drains), return_exceptions=True):
        if isinstance(outcome, Exception):
            log.error("drain_failed", exc_info=outcome)


async def _serve_on(process: Process, state: State, stack: AsyncExitStack) -> None:
    """Give the routes what they need of the process, and run what only a web node has."""
    draining = asyncio.Event()
    following = Following(StoredHistory(process.database, process.broker.cache), process.broker.bus, process.epoch)
    state.sign_in = LocalSignIn(process.owner)
    state.objects = process.objects
    state.count_chats = chats.count_with_character
    state.setting_references = {
        "default_ai_model_id": aimodels.get,
        "default_system_prompt_id": prompts.get,
        "default_user_profile_id": profiles.get,
    }
    state.counts = process.counts
    state.wake_jobs = process.wake_jobs
    state.providers = process.providers
    state.starter = process.starter
    state.following = following
    state.draining = draining
    state.stream_reply = ReplyStream(following, draining)
    sockets = state.sockets = Sockets(cast(Node, state))
    process.waking.then(following.woke)
    process.waking.then(sockets.woke)
    await stack.enter_async_context(together(following.run(), sockets.look_after(), state.lag.run()))

    async def drain_in_order() -> None:
        """Let replies end, or be handed over, while their readers are still there; then say goodbye."""
        draining.set()
        await process.drain()
        await sockets.drain()

    state.drains = [drain_in_order]
    state.parts = {
        "database": process.database.health,
        "broker": process.broker.health,
        "replies": process.health,
        "sockets": sockets.health,
    }


class _Socket:
    """`/ws` as a plain ASGI application: the framework's own layer costs more than the frames it passes on."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["app"].state.sockets(scope, receive, send)


def _add_routes(app: FastAPI) -> None:
    routers = (
        accounts_router,
        characters_router,
        character_uploads,
        profiles_router,
        models_router,
        prompts_router,
        settings_router,
        *chat_routers,
        prompt_router,
        events_router,
        search_router,
        trash_router,
        jobs_router,
        usage_router,
        client_events.router,
        health.router,
        health.probes,
    )
    routes = [route for router in routers for route in router.routes]
    app.router.routes.append(
        RouteIndex([WebSocketRoute("/ws", _Socket()), metrics.route, *routes, *document_routes(app)])
    )
    app.router.default = Pages(STATIC)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app, routes)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's own way to another document
