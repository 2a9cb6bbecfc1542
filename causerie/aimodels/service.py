"""What can be done with models. Those without an owner are everyone's: members use them, administrators change them."""

from typing import Any, Protocol, cast
from uuid import UUID

from causerie.accounts import service as accounts
from causerie.aimodels import repository
from causerie.aimodels.models import AiModel, ModelRow
from causerie.aimodels.schemas import ModelOut, ModelPatch, ModelReplacement, NewModel, shown_key
from causerie.aimodels.sealing import CannotUnseal, Sealer
from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.http.answers import Expected, changes
from causerie.http.paging import Page, PageQuery
from causerie.ids import new_id
from causerie.providers.protocol import ModelConfig, ProviderName


class ModelRules(Protocol):
    """What the operator allows; the node's providers know it."""

    def check(self, config: ModelConfig) -> None:
        """Accept a configuration; connects to nothing.

        Raises:
            ModelNotAllowed: the operator's settings do not allow it.
        """


_SHOWN_DIGITS = 4
_FREE = frozenset({"local", "langchain"})
_ADDRESS = frozenset({"provider", "base_url"})


def get(work: Work, model_id: UUID) -> AiModel:
    """Return a model that is not in the trash.

    Raises:
        ModelNotFound: the actor has no such model.
    """
    return repository.get_model(work, model_id)


def list_models(work: Work, query: PageQuery) -> Page[AiModel]:
    """Return a page of the models that are not in the trash, newest `updated_at` first."""
    return repository.list_models(work, query)


def create(work: Work, new: NewModel, sealer: Sealer, rules: ModelRules) -> AiModel:
    """Make a model of the actor's own.

    Raises:
        ModelNotAllowed: the operator's settings do not allow it.
    """
    model = AiModel(id=new_id(), user_id=work.actor.user_id)
    _set(model, new.model_dump(), sealer)
    rules.check(config_of(model, sealer))
    work.session.add(model)
    work.session.flush()
    return model


def change(
    work: Work,
    model_id: UUID,
    given: ModelPatch | ModelReplacement,
    expected: Expected,
    sealer: Sealer,
    rules: ModelRules,
    *,
    whole: bool,
) -> AiModel:
    """Set what `given` says; with `whole`, what it leaves out returns to its default, but never the key.

    A key is bound to the address that it was entered for: changing the provider or the base URL drops it (S37).

    Raises:
        ModelNotFound: the actor has no such model.
        Stale: the model is not in the expected version.
        AdministratorsOnly: it is everyone's.
        ModelNotAllowed: the operator's settings do not allow it.
    """
    model = _get_own(work, model_id)
    expected.check(model)
    wanted = changes(given, ModelOut.of(model), whole=whole)
    if "api_key" not in given.model_fields_set or _is_shown_key(given, model):
        wanted.pop("api_key", None)
    _set(model, wanted, sealer)
    rules.check(config_of(model, sealer))
    work.session.flush()
    return model


def trash(work: Work, model_id: UUID, expected: Expected) -> None:
    """Put a model into the trash; chats that use it need another.

    Raises:
        ModelNotFound: the actor has no such model.
        Stale: the model is not in the expected version.
        AdministratorsOnly: it is everyone's.
    """
    model = _get_own(work, model_id)
    expected.check(model)
    model.deleted_at = utc_now()


def restore(work: Work, model_id: UUID) -> AiModel:
    """Take a model out of the trash; one that is not there stays as it is.

    Raises:
        ModelNotFound: the actor has no such model.
        AdministratorsOnly: it is everyone's.
    """
    model = _get_own(work, model_id, trashed=None)
    model.deleted_at = None
    work.session.flush()
    return model


def config_of(model: AiModel | ModelRow, sealer: Sealer) -> ModelConfig:
    """Return what a provider needs to know of a row, its key in clear.

    A key that this master key cannot open counts as none: the provider will ask for it.
    """
    return ModelConfig(
        provider=cast("ProviderName", model.provider),  # a constraint of the table holds it to these
        model=model.model,
        base_url=model.base_url,
        api_key=_open_key(model, sealer),
        context_window=model.context_window,
        max_output_tokens=model.max_output_tokens,
        temperature=model.temperature,
        top_p=model.top_p,
        options=model.options,
        paid=model.paid,
        continue_prefix=model.continue_prefix,
    )


def share(work: Work, new: NewModel, sealer: Sealer) -> AiModel:
    """Make sure that everyone has a model of this provider, with this key; one that is there keeps everything else."""
    model = repository.find_shared(work, new.provider)
    if model is None:
        model = AiModel(id=new_id(), user_id=None)
        _set(model, new.model_dump(), sealer)
        work.session.add(model)
    elif new.api_key is not None and _open_key(model, sealer) != new.api_key.get_secret_value():
        _set(model, {"api_key": new.api_key}, sealer)
    work.session.flush()
    return model


def _set(model: AiModel, wanted: dict[str, Any], sealer: Sealer) -> None:
    key = wanted.pop("api_key", None) if "api_key" in wanted else _KEEP
    address = model.provider, model.base_url
    for name, value in wanted.items():
        setattr(model, name, value)
    if "paid" in wanted and wanted["paid"] is None:
        # An own server under the OpenAI protocol is taken to be free; who names a service says otherwise.
        model.paid = model.provider not in _FREE and (model.provider != "openai" or model.base_url is None)
    if "continue_prefix" in wanted and wanted["continue_prefix"] is None:
        model.continue_prefix = model.provider == "local"
    if key is _KEEP and (model.provider, model.base_url) != address:
        key = None
    if key is None:
        model.sealed_api_key = model.api_key_last_four = None
    elif key is not _KEEP:
        text = key.get_secret_value()
        model.sealed_api_key = sealer.seal(text, _place(model))
        model.api_key_last_four = text[-_SHOWN_DIGITS:] if len(text) > 2 * _SHOWN_DIGITS else ""


_KEEP: Any = object()


def _open_key(model: AiModel | ModelRow, sealer: Sealer) -> str | None:
    if model.sealed_api_key is None:
        return None
    try:
        return sealer.unseal(model.sealed_api_key, _place(model))
    except CannotUnseal:
        return None


def _place(model: AiModel | ModelRow) -> bytes:
    """Return what a key is bound to: table, row, owner and address (S35)."""
    return "\n".join(
        str(part) for part in ("ai_model", model.id, model.user_id, model.provider, model.base_url)
    ).encode()


def _is_shown_key(given: ModelPatch | ModelReplacement, model: AiModel) -> bool:
    shown = shown_key(model.api_key_last_four)
    return given.api_key is not None and given.api_key.get_secret_value() == shown


def _get_own(work: Work, model_id: UUID, *, trashed: bool | None = False) -> AiModel:
    """Return a model that the actor may change."""
    model = repository.get_model(work, model_id, trashed=trashed, lock=True)
    if model.user_id is None:
        accounts.require_administrator(work)
    return model
