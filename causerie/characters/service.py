"""What can be done with characters."""

from typing import Any, Protocol
from uuid import UUID

from causerie.accounts import service as accounts
from causerie.aimodels import service as aimodels
from causerie.characters import repository
from causerie.characters.errors import CharacterInUse, LabelTaken, NoAvatar
from causerie.characters.labels import numbered, slug
from causerie.characters.models import Character, CharacterRevision
from causerie.characters.schemas import (
    CharacterFields,
    CharacterOut,
    CharacterPatch,
    CharacterQuery,
    CharacterReplacement,
    NewCharacter,
)
from causerie.clock import utc_now
from causerie.db import search
from causerie.db.work import Work
from causerie.errors import FieldError
from causerie.http.answers import Expected, changes
from causerie.http.paging import Page, PageQuery
from causerie.http.problems import Invalid
from causerie.objects.models import Blob

AVATAR_TYPE = "image/webp"
_CONTENT = tuple(name for name in ("name", *CharacterFields.model_fields) if name != "archived")

_TOLD = ("description", "personality", "scenario", "creator_notes", "first_mes")


class CountChats(Protocol):
    """Tells how much a character is used; who knows chats fills it."""

    def __call__(self, work: Work, character_id: UUID) -> int:
        """Return how many sessions the character has, those in the trash included."""


def get(work: Work, character_id: UUID) -> Character:
    """Return a character that is not in the trash.

    Raises:
        CharacterNotFound: the actor has no such character.
    """
    return repository.get_character(work, character_id)


def list_characters(work: Work, query: CharacterQuery) -> Page[Character]:
    """Return a page of the characters that are not in the trash, newest `updated_at` first."""
    return repository.list_characters(work, query)


def create(work: Work, new: NewCharacter) -> Character:
    """Make a character; without a label it gets a free one made from its name.

    Raises:
        LabelTaken: another character has this label.
        ModelNotFound: the actor has no such model.
    """
    fields = new.model_dump(exclude={"avatar_image", "label"})
    _check_model(work, new.ai_model_id)
    character = Character(**fields, label=_label(work, new.label, new.name))
    work.session.add(character)
    work.session.flush()
    _index(work, character)
    return character


def change(
    work: Work,
    character_id: UUID,
    given: CharacterPatch | CharacterReplacement,
    expected: Expected,
    *,
    whole: bool,
) -> Character:
    """Set what `given` says; with `whole`, what it leaves out returns to its default. What it was stays as a revision.

    Raises:
        CharacterNotFound: the actor has no such character.
        Stale: the character is not in the expected version.
        LabelTaken: another character has this label.
        ModelNotFound: the actor has no such model.
    """
    character = repository.get_character(work, character_id, lock=True)
    expected.check(character)
    stored = CharacterOut.of(character)
    wanted = changes(given, stored, whole=whole)
    if given.avatar_image not in {None, stored.avatar_image}:
        detail = "Send pictures to the character's avatar; here it is null or as it is."
        raise Invalid([FieldError(pointer="/avatar_image", code="read_only", detail=detail)])
    wanted.pop("avatar_image", None)
    if "label" in wanted:
        wanted["label"] = _label(work, wanted["label"], wanted.get("name", character.name), but=character.id)
    _check_model(work, wanted.get("ai_model_id"))
    _change(work, character, wanted)
    if "avatar_image" in given.model_fields_set and given.avatar_image is None:
        _set_picture(work, character, None)
    work.session.flush()
    _index(work, character)
    return character


def archive(work: Work, character_id: UUID, *, archived: bool) -> Character:
    """Put a character out of sight, or back; its chats stay as they are.

    Raises:
        CharacterNotFound: the actor has no such character.
    """
    character = repository.get_character(work, character_id, lock=True)
    character.archived = archived
    work.session.flush()
    return character


def trash(work: Work, character_id: UUID, expected: Expected, count_chats: CountChats) -> None:
    """Put a character into the trash.

    Raises:
        CharacterNotFound: the actor has no such character.
        Stale: the character is not in the expected version.
        CharacterInUse: it has chats.
    """
    character = repository.get_character(work, character_id, lock=True)
    expected.check(character)
    if chats := count_chats(work, character_id):
        raise CharacterInUse(chats)
    character.deleted_at = utc_now()
    search.forget(work, search.CHARACTER, [character_id])


def restore(work: Work, character_id: UUID) -> Character:
    """Take a character out of the trash, with another label if its own was taken meanwhile. Repeats change nothing.

    Raises:
        CharacterNotFound: the actor has no such character.
    """
    character = repository.get_character(work, character_id, trashed=None, lock=True)
    if character.deleted_at is not None:
        character.label = _free_label(work, character.label, but=character.id)
        character.deleted_at = None
        work.session.flush()
        _index(work, character)
    return character


def purge(work: Work, character_id: UUID) -> None:
    """Delete a character of the trash for good, and its picture with it. Nothing may refer to it any more.

    Raises:
        CharacterNotFound: the actor has no such character in the trash.
    """
    character = repository.get_character(work, character_id, trashed=True, lock=True)
    _set_picture(work, character, None)
    work.session.delete(character)


def list_revisions(work: Work, character_id: UUID, query: PageQuery) -> Page[CharacterRevision]:
    """Return a page of what the character was before each change, newest first.

    Raises:
        CharacterNotFound: the actor has no such character.
    """
    repository.get_character(work, character_id)
    return repository.list_revisions(work, character_id, query)


def set_avatar(work: Work, character_id: UUID, sha256: str, size: int, expected: Expected) -> Character:
    """Give a character the picture that the object store holds as `sha256`.

    Raises:
        CharacterNotFound: the actor has no such character.
        Stale: the character is not in the expected version.
    """
    character = repository.get_character(work, character_id, lock=True)
    expected.check(character)
    work.session.merge(Blob(user_id=work.actor.user_id, sha256=sha256, media_type=AVATAR_TYPE, size=size))
    _set_picture(work, character, sha256)
    return character


def get_avatar(work: Work, character_id: UUID) -> str:
    """Return the SHA-256 of a character's picture.

    Raises:
        CharacterNotFound: the actor has no such character.
        NoAvatar: it has no picture.
    """
    character = repository.get_character(work, character_id)
    if character.avatar_sha256 is None:
        raise NoAvatar
    return character.avatar_sha256


def _change(work: Work, character: Character, wanted: dict[str, Any]) -> None:
    different = {name: value for name, value in wanted.items() if getattr(character, name) != value}
    if different.keys() & set(_CONTENT):
        former = {name: getattr(character, name) for name in _CONTENT}
        if former["ai_model_id"] is not None:
            former["ai_model_id"] = str(former["ai_model_id"])
        work.session.add(CharacterRevision(character_id=character.id, version=character.version, fields=former))
    for name, value in different.items():
        setattr(character, name, value)


def _index(work: Work, character: Character) -> None:
    """Let a character be found by its name and by what is told of it."""
    texts = (character.label, *character.tags, *(getattr(character, name) for name in _TOLD))
    search.put(work, search.Text(search.CHARACTER, character.id, "\n".join(texts), character.name))


def _set_picture(work: Work, character: Character, sha256: str | None) -> None:
    former, character.avatar_sha256 = character.avatar_sha256, sha256
    work.session.flush()
    if former is not None and not repository.uses_picture(work, former):
        blob = work.session.get(Blob, (work.actor.user_id, former))
        if blob is not None:
            work.session.delete(blob)


def _check_model(work: Work, ai_model_id: UUID | None) -> None:
    if ai_model_id is not None:
        aimodels.get(work, ai_model_id)


def _label(work: Work, wanted: str | None, name: str, *, but: UUID | None = None) -> str:
    if wanted is None:
        return _free_label(work, slug(name), but=but)
    if wanted in repository.list_labels(work, wanted, but=but):
        raise LabelTaken(wanted)
    return wanted


def _free_label(work: Work, label: str, *, but: UUID | None = None) -> str:
    accounts.queue_up(work)  # of many at once each would find the same one free
    return numbered(label, repository.list_labels(work, label, but=but))
