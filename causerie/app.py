"""Puts a node together: settings, then ports, then features, then surfaces. Nothing below knows this file."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI
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
from causerie.chats.routes import routers as chat_routers
from causerie.config import Settings
from causerie.db.sqlite import SqliteDatabase
from causerie.http.documents import describe, document_routes
from causerie.http.front import Front, origin_of
from causerie.http.pages import Pages
from causerie.http.problems import PROBLEM_HANDLERS
from causerie.http.routing import RouteIndex
from causerie.jobs.routes import router as jobs_router
from causerie.jobs.runner import JobRunner
from causerie.objects.files import FileStore
from causerie.objects.sweeping import sweep_daily
from causerie.ops import first_start, health
from causerie.ops.data_folder import prepare_folder
from causerie.ops.migrating import bring_up_to_date
from causerie.profiles import service as profiles
from causerie.profiles.routes import router as profiles_router
from causerie.prompting.routes import router as prompt_router
from causerie.prompts import service as prompts
from causerie.prompts.routes import router as prompts_router
from causerie.providers.registry import Providers
from causerie.realtime.socket import Node, Sockets
from causerie.realtime.sse import ReplyStream
from causerie.realtime.sse import router as events_router
from causerie.settings.routes import router as settings_router
from causerie.trash import service as trash
from causerie.trash.housekeeping import empty_daily
from causerie.trash.routes import router as trash_router
from causerie.worker import DEFAULT_CONCURRENCY, Replies
from causerie.worker import replies as run_replies

log = structlog.get_logger(__name__)

STATIC = Path(__file__).parent / "static"
DESCRIPTION = (
    "Talk with characters over REST, WebSocket and SSE. What a client may rely on is what this document says; "
    "refusals are `application/problem+json` and their `code` is stable."
)

Drain = Callable[[], Awaitable[None]]


def create_app(settings: Settings, *, concurrency: int = DEFAULT_CONCURRENCY) -> FastAPI:
    """Return a node that serves everything; its lifespan opens and closes what it needs.

    Args:
        concurrency: most replies that are made at once.

    Raises:
        WrongSetting: the master key cannot be used.
    """
    prepare_folder(settings)
    sealer = Sealer(master_key(settings))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _open(app, settings, sealer, stack, concurrency)
            yield

    app = FastAPI(
        title="Causerie",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers=PROBLEM_HANDLERS,
    )
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
    )
    return app


async def drain(app: FastAPI) -> None:
    """Let the node's parts come to rest, all at once: nothing new begins, what runs is handed over or ended."""
    drains: list[Drain] = app.state.drains
    for outcome in await asyncio.gather(*(part() for part in drains), return_exceptions=True):
        if isinstance(outcome, Exception):
            log.error("drain_failed", exc_info=outcome)


async def _open(app: FastAPI, settings: Settings, sealer: Sealer, stack: AsyncExitStack, concurrency: int) -> None:
    await asyncio.to_thread(bring_up_to_date, settings.database_file)
    database = SqliteDatabase(settings.database_file)
    stack.push_async_callback(database.close)
    owner = await first_start.prepare(database, settings, sealer)

    state = app.state
    state.settings = settings
    state.database = database
    state.sealer = sealer
    state.sign_in = LocalSignIn(owner)
    state.objects = FileStore(settings.object_folder)
    state.count_chats = chats.count_with_character
    state.setting_references = {
        "default_ai_model_id": aimodels.get,
        "default_system_prompt_id": prompts.get,
        "default_user_profile_id": profiles.get,
    }
    state.jobs = JobRunner(database, {trash.EMPTY_TRASH: trash.empty_slice})
    housekeeping = (empty_daily(database, owner, state.jobs.wake), sweep_daily(database, state.objects))
    await stack.enter_async_context(_running(state.jobs.run(), *housekeeping))

    providers = Providers(
        settings.data_dir, private_hosts=settings.private_hosts, langchain_models=settings.langchain_models
    )
    stack.push_async_callback(providers.close)
    config_of = partial(aimodels.config_of, sealer=sealer)
    replies = await stack.enter_async_context(run_replies(database, providers, config_of, concurrency=concurrency))
    state.providers = providers
    state.starter = replies.engine
    state.following = replies.following
    state.draining = replies.draining
    state.stream_reply = ReplyStream(replies.following, replies.draining)
    state.sockets = Sockets(cast(Node, state))
    await stack.enter_async_context(_running(state.sockets.look_after()))
    state.drains = [partial(_drain_in_order, replies, state.sockets)]
    state.drain = partial(drain, app)
    state.parts = {"replies": replies.health, "sockets": state.sockets.health}


@asynccontextmanager
async def _running(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let the loops run beside the block; they end with it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _drain_in_order(replies: Replies, sockets: Sockets) -> None:
    """Let replies end, or be handed over, while their readers are still there; then say goodbye."""
    await replies.drain()
    await sockets.drain()


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
        trash_router,
        jobs_router,
        health.router,
        health.probes,
    )
    routes = [route for router in routers for route in router.routes]
    app.router.routes.append(RouteIndex([WebSocketRoute("/ws", _Socket()), *routes, *document_routes(app)]))
    app.router.default = Pages(STATIC)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app, routes)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's own way to another document
