"""Refusals of characters."""

from causerie.errors import CauserieError, Conflict, NotFound


class CharacterNotFound(NotFound):
    """The actor has no such character, or it is in the trash."""

    def __init__(self) -> None:
        super().__init__("There is no such character. It may have been deleted; the trash keeps it for a while.")


class CharacterInUse(Conflict):
    """Deleting is refused while chats exist, those in the trash included; archiving is always possible."""

    code, title = "character_in_use", "The character still has chats"

    def __init__(self, chats: int) -> None:
        what = "1 chat" if chats == 1 else f"{chats} chats"
        super().__init__(f"It has {what} (those in the trash count). Archive it, or delete them for good.", chats=chats)


class LabelTaken(Conflict):
    """Another character of the user has this label."""

    code, title = "label_taken", "Another character has this label"

    def __init__(self, label: str) -> None:
        super().__init__(f"Choose another label than {label!r}, or leave it out to get one made from the name.")


class NoAvatar(NotFound):
    """The character has no picture."""

    def __init__(self) -> None:
        super().__init__("The character has no picture.")


class NotAnImage(CauserieError):
    """The file is not a picture that can be used; its content decides, not its name."""

    status, code, title = 422, "not_an_image", "This file is not a usable picture"

    def __init__(self) -> None:
        super().__init__("Send a PNG, JPEG, WebP or GIF. Vector graphics (SVG) are not accepted.")


class ImageTooLarge(CauserieError):
    """The picture has more pixels than are decoded here."""

    status, code, title = 422, "image_too_large", "The picture has too many pixels"

    def __init__(self, pixels: int, side: int) -> None:
        super().__init__(
            f"At most {pixels // 1_000_000} megapixels and {side} pixels a side are accepted.",
            most_pixels=pixels,
            longest_side=side,
        )
