"""The statements of the hot path, built once; each binds `:actor`."""

from dataclasses import fields
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from causerie.aimodels.models import AiModel, ModelRow
from causerie.characters.models import Character
from causerie.chats.models import ChatSession, Generation, Message, MessageRevision, Role
from causerie.db.base import ACTOR, table_of
from causerie.profiles.models import UserProfile
from causerie.prompting.models import PromptSegment
from causerie.prompts.models import SystemPrompt
from causerie.settings.models import ApplicationSettings

messages = table_of(Message)
revisions = table_of(MessageRevision)
generations = table_of(Generation)
sessions = table_of(ChatSession)
characters = table_of(Character)
profiles = table_of(UserProfile)
prompts = table_of(SystemPrompt)
settings = table_of(ApplicationSettings)
models = table_of(AiModel)
segments = table_of(PromptSegment)

MODEL_COLUMNS = tuple(field.name for field in fields(ModelRow))


_CARD = (
    characters.c.name.label("character_name"),
    characters.c.description,
    characters.c.personality,
    characters.c.scenario,
    characters.c.first_mes,
    characters.c.mes_example,
    characters.c.system_prompt.label("character_system_prompt"),
    characters.c.post_history_instructions,
)
_PERSONA = (profiles.c.name.label("profile_name"), profiles.c.description.label("profile_description"))
_MODEL = tuple(models.c[name].label(f"model_{name}") for name in MODEL_COLUMNS)


def _context() -> Select[tuple[object, ...]]:
    sibling = messages.alias("sibling")
    chosen_prompt = func.coalesce(
        sessions.c.system_prompt_id, settings.c.default_system_prompt_id, _marked_default(prompts)
    )
    return (
        select(
            messages.c.version.label("reply_version"),
            messages.c.depth,
            exists()
            .where(
                sibling.c.user_id == ACTOR,
                sibling.c.session_id == messages.c.session_id,
                sibling.c.parent_id == messages.c.parent_id,
                sibling.c.id != messages.c.id,
                sibling.c.role == Role.ASSISTANT,
                sibling.c.deleted_at.is_(None),
            )
            .label("has_swipes"),
            generations.c.instruction,
            sessions.c.world_time,
            sessions.c.user_persona,
            settings.c.context_messages,
            settings.c.retry_paid,
            *_CARD,
            *_PERSONA,
            prompts.c.content.label("system_prompt"),
            *_MODEL,
        )
        .select_from(messages)
        .join(generations, and_(generations.c.user_id == ACTOR, generations.c.message_id == messages.c.id))
        .join(sessions, and_(sessions.c.user_id == ACTOR, sessions.c.id == messages.c.session_id))
        .outerjoin(settings, settings.c.user_id == ACTOR)
        .outerjoin(
            characters,
            and_(
                characters.c.user_id == ACTOR,
                characters.c.id == func.coalesce(messages.c.character_id, sessions.c.character_id),
            ),
        )
        .outerjoin(profiles, _is_chosen_profile(sessions.c.user_profile_id))
        .outerjoin(
            prompts,
            and_(_own_or_everyones(prompts.c.user_id), prompts.c.id == chosen_prompt, prompts.c.deleted_at.is_(None)),
        )
        .outerjoin(models, _is_chosen_model(sessions.c.ai_model_id))
        .where(
            messages.c.user_id == ACTOR,
            messages.c.session_id == bindparam("session_id"),
            messages.c.id == bindparam("reply_id"),
        )
    )


def _preview() -> Select[tuple[object, ...]]:
    character_id = bindparam("character_id", type_=characters.c.id.type)
    return (
        select(*_CARD, *_PERSONA, *_MODEL)
        .select_from(settings)
        .outerjoin(
            characters,
            and_(characters.c.user_id == ACTOR, characters.c.id == character_id, characters.c.deleted_at.is_(None)),
        )
        .outerjoin(profiles, _is_chosen_profile(bindparam("user_profile_id", type_=profiles.c.id.type)))
        .outerjoin(models, _is_chosen_model())
        .where(settings.c.user_id == ACTOR)
    )


def _is_chosen_profile(chosen: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell which profile is the user in a chat that has chosen so: its own, else the one that is usual."""
    profile_id = func.coalesce(chosen, settings.c.default_user_profile_id, _marked_default(profiles))
    return and_(profiles.c.user_id == ACTOR, profiles.c.id == profile_id, profiles.c.deleted_at.is_(None))


def _is_chosen_model(*chosen: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell which model answers in a chat that has chosen so: its own, else its character's, else the usual one."""
    return and_(
        _own_or_everyones(models.c.user_id),
        models.c.id == func.coalesce(*chosen, characters.c.ai_model_id, settings.c.default_ai_model_id),
        models.c.deleted_at.is_(None),
        models.c.enabled.is_(True),
    )


def _marked_default(table: Table) -> ScalarSelect[Any]:
    marked = table.alias(f"default_{table.name}")
    return (
        select(marked.c.id)
        .where(marked.c.user_id == ACTOR, marked.c.is_default.is_(True), marked.c.deleted_at.is_(None))
        .limit(1)
        .scalar_subquery()
    )


def _own_or_everyones(owner: ColumnElement[object]) -> ColumnElement[bool]:
    return or_(owner == ACTOR, owner.is_(None))


CONTEXT = _context()
"""All that a reply's prompt needs beside the branch above it: one row; columns of what is not there are null."""

PREVIEW = _preview()
"""The same for the first reply of a chat that is not there yet, as far as its choices decide it."""

# SQLite reads PostgreSQL's words for this, so one statement serves both.
INSERT_SEGMENTS = (
    postgresql.insert(segments)
    .values(user_id=ACTOR, sha256=bindparam("sha256"), text=bindparam("text"))
    .on_conflict_do_nothing()
)
KEEP_TRACE = (
    update(generations)
    .where(
        generations.c.user_id == ACTOR,
        generations.c.message_id == bindparam("of_message"),
        generations.c.attempt == bindparam("of_attempt"),
    )
    .values(prompt_trace=bindparam("trace"))
)

TRACE = (
    select(generations.c.prompt_trace, generations.c.state, generations.c.partial_text)
    .select_from(messages)
    .join(sessions, and_(sessions.c.user_id == ACTOR, sessions.c.id == messages.c.session_id))
    .outerjoin(generations, and_(generations.c.user_id == ACTOR, generations.c.message_id == messages.c.id))
    .where(
        messages.c.user_id == ACTOR,
        messages.c.id == bindparam("message_id"),
        messages.c.deleted_at.is_(None),
        sessions.c.deleted_at.is_(None),
    )
)
SEGMENTS = select(segments.c.sha256, segments.c.text).where(
    segments.c.user_id == ACTOR, segments.c.sha256.in_(bindparam("hashes", expanding=True))
)
CONTENTS = select(messages.c.id, messages.c.content).where(
    messages.c.user_id == ACTOR, messages.c.id.in_(bindparam("ids", expanding=True))
)
REVISIONS = (
    select(revisions.c.message_id, revisions.c.version, revisions.c.content)
    .where(revisions.c.user_id == ACTOR, revisions.c.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(revisions.c.message_id, revisions.c.version)
)
