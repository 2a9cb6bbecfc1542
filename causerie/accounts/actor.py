"""Who sends a request."""

from starlette.requests import HTTPConnection

from causerie.db.work import Actor
from causerie.http.state import CurrentActor

__all__ = ["CurrentActor", "LocalSignIn"]


class LocalSignIn:
    """Signs in every request as the owner (`AUTH=local`); the front has refused pages of other sites before."""

    def __init__(self, owner: Actor) -> None:
        self._owner = owner

    def __call__(self, connection: HTTPConnection) -> Actor:  # noqa: ARG002 (whoever reaches this machine is the owner)
        return self._owner
