"""Queries over characters."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from causerie.characters.errors import CharacterNotFound
from causerie.characters.models import Character, CharacterRevision
from causerie.characters.schemas import CharacterQuery
from causerie.db.work import Work
from causerie.http.paging import Page, PageQuery, newest_first, not_a_cursor, read_cursor, write_cursor


def get_character(work: Work, character_id: UUID, *, trashed: bool | None = False, lock: bool = False) -> Character:
    """Return a character; `trashed` says whether it must be in the trash, None that it may.

    Raises:
        CharacterNotFound: there is none such.
    """
    statement = select(Character).where(Character.id == character_id)
    character = work.session.scalar(statement.with_for_update() if lock else statement)
    if character is None or (trashed is not None and trashed != (character.deleted_at is not None)):
        raise CharacterNotFound
    return character


def list_characters(work: Work, query: CharacterQuery) -> Page[Character]:
    """Return a page of the characters that are not in the trash, newest `updated_at` first."""
    statement = select(Character).where(Character.deleted_at.is_(None))
    if query.archived is not None:
        statement = statement.where(Character.archived == query.archived)
    return newest_first(work.session, statement, Character.updated_at, Character.id, query)


def list_labels(work: Work, beginning: str, *, but: UUID | None) -> Sequence[str]:
    """Return the labels in use that are `beginning`, or that and a number; not the label of character `but`."""
    statement = select(Character.label).where(
        Character.deleted_at.is_(None),
        or_(Character.label == beginning, Character.label.startswith(f"{beginning}-", autoescape=True)),
    )
    if but is not None:
        statement = statement.where(Character.id != but)
    return work.session.scalars(statement).all()


def list_revisions(work: Work, character_id: UUID, query: PageQuery) -> Page[CharacterRevision]:
    """Return a page of what the character was, newest first."""
    statement = select(CharacterRevision).where(CharacterRevision.character_id == character_id)
    if query.cursor is not None:
        (version,) = read_cursor(query.cursor, keys=1)
        if not version.isdecimal() or len(version) > 9:
            raise not_a_cursor()
        statement = statement.where(CharacterRevision.version < int(version))
    rows = work.session.scalars(statement.order_by(CharacterRevision.version.desc()).limit(query.limit + 1)).all()
    if len(rows) <= query.limit:
        return Page(rows, None)
    return Page(rows[: query.limit], write_cursor(str(rows[query.limit - 1].version)))


def uses_picture(work: Work, sha256: str) -> bool:
    """Tell whether any character, trash included, has this picture."""
    return work.session.scalar(select(Character.id).where(Character.avatar_sha256 == sha256).limit(1)) is not None
