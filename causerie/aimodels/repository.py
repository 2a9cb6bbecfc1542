"""Queries over models."""

from uuid import UUID

from sqlalchemy import select

from causerie.aimodels.errors import ModelNotFound
from causerie.aimodels.models import AiModel
from causerie.db.work import Work
from causerie.http.paging import Page, PageQuery, newest_first


def get_model(work: Work, model_id: UUID, *, trashed: bool | None = False, lock: bool = False) -> AiModel:
    """Return a model of the actor or of everyone; `trashed` says whether it must be in the trash, None that it may.

    Raises:
        ModelNotFound: there is none such.
    """
    statement = select(AiModel).where(AiModel.id == model_id)
    model = work.session.scalar(statement.with_for_update() if lock else statement)
    if model is None or (trashed is not None and trashed != (model.deleted_at is not None)):
        raise ModelNotFound
    return model


def list_models(work: Work, query: PageQuery) -> Page[AiModel]:
    """Return a page of the models that are not in the trash, newest `updated_at` first."""
    statement = select(AiModel).where(AiModel.deleted_at.is_(None))
    return newest_first(work.session, statement, AiModel.updated_at, AiModel.id, query)


def find_shared(work: Work, provider: str) -> AiModel | None:
    """Return everyone's oldest model of a provider, also from the trash."""
    statement = select(AiModel).where(AiModel.user_id.is_(None), AiModel.provider == provider)
    return work.session.scalar(statement.order_by(AiModel.created_at, AiModel.id).limit(1))
