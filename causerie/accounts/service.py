"""Who uses this installation. With `AUTH=local` that is one person, the owner, made at the first start."""

from uuid import UUID

from sqlalchemy import select

from causerie.accounts.errors import AdministratorsOnly
from causerie.accounts.models import User
from causerie.db.across import installation_owner
from causerie.db.work import Work

OWNER_NAME = "Owner"
_ADMINISTERING = frozenset({"owner", "administrator"})


def me(work: Work) -> User:
    """Return the actor's account."""
    return work.session.get_one(User, work.actor.user_id)


def ensure_owner(work: Work) -> UUID:
    """Return the id of the installation's owner, who is made under the actor's id if there is none yet."""
    owner_id = installation_owner(work)
    if owner_id is not None:
        return owner_id
    work.session.add(User(id=work.actor.user_id, name=OWNER_NAME, role="owner"))
    work.session.flush()
    return work.actor.user_id


def queue_up(work: Work) -> None:
    """Let the actor's units of work that look for what is free, and take it, come one after the other."""
    work.session.execute(select(User.id).where(User.id == work.actor.user_id).with_for_update())


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
