"""What is told about accounts."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from causerie.accounts.models import Role


class UserOut(BaseModel):
    """The account that a request acts for."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "0192f0c1-2b3c-7d4e-8f50-617283940a1b",
                    "email": None,
                    "name": "Owner",
                    "role": "owner",
                    "created_at": "2026-01-02T03:04:05.678901Z",
                }
            ]
        },
    )

    id: UUID
    email: str | None
    name: str
    role: Role
    created_at: datetime
