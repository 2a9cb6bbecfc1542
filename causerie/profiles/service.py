"""What can be done with profiles."""

from uuid import UUID

from causerie.accounts import service as accounts
from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.http.answers import Expected, changes
from causerie.http.paging import Page, PageQuery
from causerie.profiles import repository
from causerie.profiles.models import UserProfile
from causerie.profiles.schemas import NewProfile, ProfileOut, ProfilePatch, ProfileReplacement


def get(work: Work, profile_id: UUID) -> UserProfile:
    """Return a profile that is not in the trash.

    Raises:
        ProfileNotFound: the actor has no such profile.
    """
    return repository.get_profile(work, profile_id)


def list_profiles(work: Work, query: PageQuery) -> Page[UserProfile]:
    """Return a page of the profiles that are not in the trash, newest `updated_at` first."""
    return repository.list_profiles(work, query)


def create(work: Work, new: NewProfile) -> UserProfile:
    """Make a profile; as the default it takes that from the one that was."""
    if new.is_default:
        _unset_default(work)
    profile = UserProfile(**new.model_dump())
    work.session.add(profile)
    work.session.flush()
    return profile


def change(
    work: Work, profile_id: UUID, given: ProfilePatch | ProfileReplacement, expected: Expected, *, whole: bool
) -> UserProfile:
    """Set what `given` says; with `whole`, what it leaves out returns to its default.

    Raises:
        ProfileNotFound: the actor has no such profile.
        Stale: the profile is not in the expected version.
    """
    profile = repository.get_profile(work, profile_id, lock=True)
    expected.check(profile)
    wanted = changes(given, ProfileOut.model_validate(profile), whole=whole)
    if wanted.get("is_default") and not profile.is_default:
        _unset_default(work)
    for name, value in wanted.items():
        setattr(profile, name, value)
    work.session.flush()
    return profile


def trash(work: Work, profile_id: UUID, expected: Expected) -> None:
    """Put a profile into the trash; chats that it is in keep it.

    Raises:
        ProfileNotFound: the actor has no such profile.
        Stale: the profile is not in the expected version.
    """
    profile = repository.get_profile(work, profile_id, lock=True)
    expected.check(profile)
    profile.is_default = False
    profile.deleted_at = utc_now()


def restore(work: Work, profile_id: UUID) -> UserProfile:
    """Take a profile out of the trash; one that is not there stays as it is.

    Raises:
        ProfileNotFound: the actor has no such profile.
    """
    profile = repository.get_profile(work, profile_id, trashed=None, lock=True)
    profile.deleted_at = None
    work.session.flush()
    return profile


def _unset_default(work: Work) -> None:
    accounts.queue_up(work)  # of many at once each would find that none is
    former = repository.find_default(work)
    if former is not None:
        former.is_default = False
        work.session.flush()
