"""What is told about the trash."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

Kind = Literal["session", "character", "profile", "model", "prompt"]


class TrashItem(BaseModel):
    """Something in the trash; `POST /{kind}s/{id}/restore` brings it back until `purged_at`."""

    kind: Kind
    id: UUID
    name: str
    deleted_at: datetime
    purged_at: datetime
