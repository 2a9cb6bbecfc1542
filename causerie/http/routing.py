"""Finding a request's route by the beginning of its path."""

from collections import defaultdict
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

_HEAD_SEGMENTS = 2
"""Of every route the first two segments are fixed, as in `/api/characters/{id}`."""


class RouteIndex(BaseRoute):
    """All routes as one: the framework's own search tries one after the other, which for our last ones costs more than
    the rest of a small request.

    A path that is known but not with this method is answered 405, with all its methods in `Allow`. One that a route has
    as its own is never another's parameter: `/prompts/preview` is no prompt.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self.routes = list(routes)
        self._by_path: dict[str, list[Route | WebSocketRoute]] = defaultdict(list)
        self._by_head: dict[str, list[Route | WebSocketRoute]] = defaultdict(list)
        for route in self.routes:
            if not isinstance(route, Route | WebSocketRoute):
                raise TypeError(f"{type(route).__name__} has no path to find it by")
            if route.param_convertors:
                self._by_head[_head(route.path)].append(route)
            else:
                self._by_path[route.path].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        allowed: set[str] = set()
        path = scope["path"]
        for route in self._by_path.get(path) or self._by_head.get(_head(path)) or ():
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, {**found, "found_route": route}
            if match is Match.PARTIAL and isinstance(route, Route):
                allowed |= route.methods or set()
        return (Match.PARTIAL, {"allowed_methods": allowed}) if allowed else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: BaseRoute | None = scope.get("found_route")
        if route is None:
            raise HTTPException(405, headers={"allow": ", ".join(sorted(scope["allowed_methods"]))})
        await route.handle(scope, receive, send)


def _head(path: str) -> str:
    return "/".join(path.split("/", _HEAD_SEGMENTS + 1)[: _HEAD_SEGMENTS + 1])
