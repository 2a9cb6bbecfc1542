"""Labels: how a character is called where an address or another program names it, as in `character/wren`."""

import re
import unicodedata
from collections.abc import Collection
from itertools import count

from causerie.characters.schemas import LONGEST_LABEL

_NAMELESS = "character"


def slug(name: str) -> str:
    """Return `name` in ASCII letters, digits and hyphens; `character` where nothing of it is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_LABEL].strip("-") or _NAMELESS


def numbered(label: str, taken: Collection[str]) -> str:
    """Return `label`, with the first free number behind it if it is taken."""
    if label not in taken:
        return label
    endings = (f"-{number}" for number in count(2))
    return next(free for ending in endings if (free := label[: LONGEST_LABEL - len(ending)] + ending) not in taken)
