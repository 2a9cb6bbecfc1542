"""Queries over prompts."""

from uuid import UUID

from sqlalchemy import select

from causerie.db.work import Work
from causerie.http.paging import Page, PageQuery, newest_first
from causerie.prompts.errors import PromptNotFound
from causerie.prompts.models import SystemPrompt


def get_prompt(work: Work, prompt_id: UUID, *, trashed: bool | None = False, lock: bool = False) -> SystemPrompt:
    """Return a prompt; `trashed` says whether it must be in the trash, None that it may.

    Raises:
        PromptNotFound: there is none such.
    """
    statement = select(SystemPrompt).where(SystemPrompt.id == prompt_id)
    prompt = work.session.scalar(statement.with_for_update() if lock else statement)
    if prompt is None or (trashed is not None and trashed != (prompt.deleted_at is not None)):
        raise PromptNotFound
    return prompt


def list_prompts(work: Work, query: PageQuery) -> Page[SystemPrompt]:
    """Return a page of the prompts that are not in the trash, newest `updated_at` first."""
    statement = select(SystemPrompt).where(SystemPrompt.deleted_at.is_(None))
    return newest_first(work.session, statement, SystemPrompt.updated_at, SystemPrompt.id, query)


def find_default(work: Work) -> SystemPrompt | None:
    """Return the actor's own default prompt, also from the trash."""
    own_default = select(SystemPrompt).where(SystemPrompt.is_default, SystemPrompt.user_id == work.actor.user_id)
    return work.session.scalar(own_default.with_for_update())
