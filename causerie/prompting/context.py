"""What a reply's prompt is made from, read in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row

from causerie.aimodels.models import ModelRow
from causerie.characters.errors import CharacterNotFound
from causerie.characters.macros import substitute
from causerie.chats import service as chats
from causerie.chats.errors import MessageNotFound
from causerie.chats.service import BranchMessage
from causerie.db.work import Work
from causerie.ids import new_id
from causerie.profiles.errors import ProfileNotFound
from causerie.prompting import statements
from causerie.settings.models import DEFAULT_CONTEXT_MESSAGES

NAMELESS_USER = "User"
HISTORY_BLOCKS = 5
"""A long branch's window moves by a fifth of it at once: while its start stays, the provider's cache serves it."""


@dataclass(frozen=True, slots=True)
class Card:
    """The fields of a character that may enter a prompt. Notes, tags, creator and version never do (C23)."""

    name: str
    description: str = ""
    personality: str = ""
    scenario: str = ""
    first_mes: str = ""
    mes_example: str = ""
    system_prompt: str = ""
    post_history_instructions: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that the prompt of one reply is made from.

    `branch` is the end of the branch above the reply, oldest first; `from_start` when that is all of it. `model` is
    None when the chat has none that is enabled.
    """

    reply_id: UUID
    reply_version: int
    branch: Sequence[BranchMessage]
    from_start: bool = True
    card: Card | None = None
    user_name: str = NAMELESS_USER
    persona: str = ""
    system_prompt: str = ""
    world_time: str = ""
    instruction: str = ""
    is_swipe: bool = False
    model: ModelRow | None = None
    retry_paid: bool = False

    def authored(self, text: str) -> str:
        """Return an author's text with the names of this chat in it."""
        return substitute(text, char=self.card.name if self.card else "", user=self.user_name)


def read_context(work: Work, session_id: UUID, reply_id: UUID) -> Context:
    """Read what the prompt of `reply_id` is made from: two statements.

    Raises:
        MessageNotFound: the actor has no such reply of a model in this session.
    """
    row = work.execute(statements.CONTEXT, session_id=session_id, reply_id=reply_id).one_or_none()
    if row is None:
        raise MessageNotFound
    limit = _messages_to_read(row.depth, row.context_messages or DEFAULT_CONTEXT_MESSAGES)
    return Context(
        reply_id=reply_id,
        reply_version=row.reply_version,
        branch=chats.branch_above(work, reply_id, limit),
        from_start=limit >= row.depth,
        card=_card(row),
        user_name=row.profile_name or NAMELESS_USER,
        persona=row.user_persona or row.profile_description or "",
        system_prompt=row.system_prompt or "",
        world_time=row.world_time,
        instruction=row.instruction or "",
        is_swipe=row.has_swipes,
        model=_model(row),
        retry_paid=bool(row.retry_paid),
    )


def read_preview(work: Work, content: str, character_id: UUID | None, user_profile_id: UUID | None) -> Context:
    """Read what the first prompt of a new chat would be made from, with `content` as the user's system prompt.

    Raises:
        CharacterNotFound: the actor has no such character.
        ProfileNotFound: the actor has no such profile.
    """
    row = work.execute(statements.PREVIEW, character_id=character_id, user_profile_id=user_profile_id).one()
    card = _card(row)
    if character_id is not None and card is None:
        raise CharacterNotFound
    if user_profile_id is not None and row.profile_name is None:
        raise ProfileNotFound
    return Context(
        reply_id=new_id(),
        reply_version=1,
        branch=(),
        card=card,
        user_name=row.profile_name or NAMELESS_USER,
        persona=row.profile_description or "",
        system_prompt=content,
        model=_model(row),
    )


def _messages_to_read(above: int, most: int) -> int:
    """Return how many of the `above` messages to read, at most `most`, so that the first one changes seldom."""
    if above <= most:
        return most
    block = max(1, most // HISTORY_BLOCKS)
    return above - -(-(above - most) // block) * block


def _card(row: Row[tuple[object, ...]]) -> Card | None:
    if row.character_name is None:
        return None
    return Card(
        name=row.character_name,
        description=row.description,
        personality=row.personality,
        scenario=row.scenario,
        first_mes=row.first_mes,
        mes_example=row.mes_example,
        system_prompt=row.character_system_prompt,
        post_history_instructions=row.post_history_instructions,
    )


def _model(row: Row[tuple[object, ...]]) -> ModelRow | None:
    if row.model_id is None:
        return None
    return ModelRow(*(getattr(row, f"model_{name}") for name in statements.MODEL_COLUMNS))
