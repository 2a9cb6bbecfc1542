"""What can be done with system prompts. Those without an owner are everyone's: members read them."""

from uuid import UUID

from causerie.accounts import service as accounts
from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.http.answers import Expected, changes
from causerie.http.paging import Page, PageQuery
from causerie.prompts import repository
from causerie.prompts.models import SystemPrompt
from causerie.prompts.schemas import NewPrompt, PromptOut, PromptPatch, PromptReplacement


def get(work: Work, prompt_id: UUID) -> SystemPrompt:
    """Return a prompt that is not in the trash.

    Raises:
        PromptNotFound: the actor has no such prompt.
    """
    return repository.get_prompt(work, prompt_id)


def list_prompts(work: Work, query: PageQuery) -> Page[SystemPrompt]:
    """Return a page of the prompts that are not in the trash, newest `updated_at` first."""
    return repository.list_prompts(work, query)


def create(work: Work, new: NewPrompt) -> SystemPrompt:
    """Make a prompt; as the default it takes that from the one that was."""
    if new.is_default:
        _unset_default(work)
    prompt = SystemPrompt(user_id=work.actor.user_id, **new.model_dump())
    work.session.add(prompt)
    work.session.flush()
    return prompt


def change(
    work: Work, prompt_id: UUID, given: PromptPatch | PromptReplacement, expected: Expected, *, whole: bool
) -> SystemPrompt:
    """Set what `given` says; with `whole`, what it leaves out returns to its default.

    Raises:
        PromptNotFound: the actor has no such prompt.
        Stale: the prompt is not in the expected version.
        AdministratorsOnly: it is everyone's.
    """
    prompt = _get_own(work, prompt_id)
    expected.check(prompt)
    wanted = changes(given, PromptOut.model_validate(prompt), whole=whole)
    if wanted.get("is_default") and not prompt.is_default and prompt.user_id is not None:
        _unset_default(work)
    for name, value in wanted.items():
        setattr(prompt, name, value)
    work.session.flush()
    return prompt


def trash(work: Work, prompt_id: UUID, expected: Expected) -> None:
    """Put a prompt into the trash; chats that use it go on without one.

    Raises:
        PromptNotFound: the actor has no such prompt.
        Stale: the prompt is not in the expected version.
        AdministratorsOnly: it is everyone's.
    """
    prompt = _get_own(work, prompt_id)
    expected.check(prompt)
    prompt.is_default = False
    prompt.deleted_at = utc_now()


def restore(work: Work, prompt_id: UUID) -> SystemPrompt:
    """Take a prompt out of the trash; one that is not there stays as it is.

    Raises:
        PromptNotFound: the actor has no such prompt.
        AdministratorsOnly: it is everyone's.
    """
    prompt = _get_own(work, prompt_id, trashed=None)
    prompt.deleted_at = None
    work.session.flush()
    return prompt


def _get_own(work: Work, prompt_id: UUID, *, trashed: bool | None = False) -> SystemPrompt:
    """Return a prompt that the actor may change."""
    prompt = repository.get_prompt(work, prompt_id, trashed=trashed, lock=True)
    if prompt.user_id is None:
        accounts.require_administrator(work)
    return prompt


def _unset_default(work: Work) -> None:
    accounts.queue_up(work)  # of many at once each would find that none is
    former = repository.find_default(work)
    if former is not None:
        former.is_default = False
        work.session.flush()
