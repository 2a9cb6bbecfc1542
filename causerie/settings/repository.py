"""The actor's one row of each kind."""

from typing import TypeVar

from causerie.db.work import Work
from causerie.settings.models import ApplicationSettings, UserPreferences

RowT = TypeVar("RowT", ApplicationSettings, UserPreferences)


def find(work: Work, kind: type[RowT]) -> RowT | None:
    """Return the actor's row, if it was made yet."""
    return work.session.get(kind, work.actor.user_id)


def get(work: Work, kind: type[RowT], *, lock: bool = False) -> RowT:
    """Return the actor's row; every user has one."""
    return work.session.get_one(kind, work.actor.user_id, with_for_update=lock or None)
