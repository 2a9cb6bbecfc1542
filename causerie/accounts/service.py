"""Who uses this installation. With `AUTH=local` that is one person, the owner, made at the first start."""

from sqlalchemy import select

from causerie.accounts.errors import AdministratorsOnly
from causerie.accounts.models import User
from causerie.db.work import Work

OWNER_NAME = "Owner"
_ADMINISTERING = frozenset({"owner", "administrator"})


def me(work: Work) -> User:
    """Return the actor's account."""
    return work.session.get_one(User, work.actor.user_id)


def find_owner(work: Work) -> User | None:
    """Return the installation's owner; None before the first start."""
    return work.session.scalars(select(User).where(User.role == "owner")).one_or_none()


def ensure_owner(work: Work) -> User:
    """Return the installation's owner, made under the actor's id if there is none yet."""
    owner = find_owner(work)
    if owner is None:
        owner = User(id=work.actor.user_id, name=OWNER_NAME, role="owner")
        work.session.add(owner)
        work.session.flush()
    return owner


def administers(work: Work) -> bool:
    """Tell whether the actor may change what is everyone's."""
    return me(work).role in _ADMINISTERING


def require_administrator(work: Work) -> None:
    """Allow what changes rows that are everyone's.

    Raises:
        AdministratorsOnly: the actor is an ordinary member.
    """
    if not administers(work):
        raise AdministratorsOnly
