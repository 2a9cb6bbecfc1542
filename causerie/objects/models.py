"""What the object store holds for whom."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from causerie.clock import utc_now
from causerie.db.base import Base, Owned


class Blob(Owned, Base):
    """Bytes of a user, kept once in the object store under their SHA-256 (hexadecimal)."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    size: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
