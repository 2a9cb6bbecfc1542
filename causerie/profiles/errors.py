"""Refusals of profiles."""

from causerie.errors import NotFound


class ProfileNotFound(NotFound):
    """The actor has no such profile, or it is in the trash."""

    def __init__(self) -> None:
        super().__init__("There is no such profile. It may have been deleted; the trash keeps it for a while.")
