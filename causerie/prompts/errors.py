"""Refusals of prompts."""

from causerie.errors import NotFound


class PromptNotFound(NotFound):
    """The actor has no such prompt, or it is in the trash."""

    def __init__(self) -> None:
        super().__init__("There is no such prompt. It may have been deleted; the trash keeps it for a while.")
