"""Refusals of models."""

from causerie.errors import NotFound


class ModelNotFound(NotFound):
    """The actor has no such model, or it is in the trash."""

    def __init__(self) -> None:
        super().__init__("There is no such model. It may have been deleted; the trash keeps it for a while.")
