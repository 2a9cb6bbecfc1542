"""Texts of prompts, each kept once."""

from sqlalchemy.orm import Mapped, mapped_column

from causerie.db.base import Base, Owned


class PromptSegment(Owned, Base):
    """A text that stood in a prompt and is no message: system prompt, character, instructions.

    A reply's `prompt_trace` names it by the SHA-256 (hexadecimal) of its UTF-8; messages are named by id and version.
    """

    __tablename__ = "prompt_segment"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
