"""What accounts refuse."""

from causerie.errors import CauserieError


class AdministratorsOnly(CauserieError):
    """The row is everyone's, so only who administers the installation may change it."""

    status, code, title = 403, "administrators_only", "Only an administrator may change this"

    def __init__(self) -> None:
        super().__init__("It belongs to everyone here. Make a copy of your own, or ask an administrator.")
