"""Queries over profiles."""

from uuid import UUID

from sqlalchemy import select

from causerie.db.work import Work
from causerie.http.paging import Page, PageQuery, newest_first
from causerie.profiles.errors import ProfileNotFound
from causerie.profiles.models import UserProfile


def get_profile(work: Work, profile_id: UUID, *, trashed: bool | None = False, lock: bool = False) -> UserProfile:
    """Return a profile; `trashed` says whether it must be in the trash, None that it may.

    Raises:
        ProfileNotFound: there is none such.
    """
    statement = select(UserProfile).where(UserProfile.id == profile_id)
    profile = work.session.scalar(statement.with_for_update() if lock else statement)
    if profile is None or (trashed is not None and trashed != (profile.deleted_at is not None)):
        raise ProfileNotFound
    return profile


def list_profiles(work: Work, query: PageQuery) -> Page[UserProfile]:
    """Return a page of the profiles that are not in the trash, newest `updated_at` first."""
    statement = select(UserProfile).where(UserProfile.deleted_at.is_(None))
    return newest_first(work.session, statement, UserProfile.updated_at, UserProfile.id, query)


def find_default(work: Work) -> UserProfile | None:
    """Return the default profile, also from the trash."""
    return work.session.scalar(select(UserProfile).where(UserProfile.is_default).with_for_update())
