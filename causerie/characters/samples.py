"""The characters that a new installation begins with: our own, written to be good company for a small model too."""

from pathlib import Path

from causerie.characters.schemas import NewCharacter

_FOLDER = Path(__file__).parent / "cards"
_NAMES = ("wren", "pip", "captain-marrow")


def sample_characters() -> list[NewCharacter]:
    """Return the sample characters in the order in which a welcome shows them."""
    return [NewCharacter.model_validate_json((_FOLDER / f"{name}.json").read_bytes()) for name in _NAMES]
