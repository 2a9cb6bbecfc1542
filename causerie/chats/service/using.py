"""Who uses what can be deleted."""

from uuid import UUID

from causerie.chats import repository
from causerie.chats.schemas import Uses
from causerie.db.work import Work
from causerie.profiles import service as profiles
from causerie.prompts import service as prompts
from causerie.settings import service as settings


def uses_of_profile(work: Work, profile_id: UUID) -> Uses:
    """Return which chats a profile is in, and whether the settings name it.

    Raises:
        ProfileNotFound: the actor has no such profile.
    """
    profiles.get(work, profile_id)
    usual = settings.get_settings(work).default_user_profile_id
    return Uses(sessions=repository.count_referring(work, "user_profile_id", profile_id), settings=usual == profile_id)


def uses_of_prompt(work: Work, prompt_id: UUID) -> Uses:
    """Return which chats of the actor's use a system prompt, and whether the settings name it.

    Raises:
        PromptNotFound: the actor has no such prompt.
    """
    prompts.get(work, prompt_id)
    usual = settings.get_settings(work).default_system_prompt_id
    return Uses(sessions=repository.count_referring(work, "system_prompt_id", prompt_id), settings=usual == prompt_id)
