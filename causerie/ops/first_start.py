"""What a new installation begins with, and what each start makes sure of."""

from dataclasses import dataclass

from causerie.accounts import service as accounts
from causerie.aimodels import service as aimodels
from causerie.aimodels.schemas import NewModel
from causerie.aimodels.sealing import Sealer
from causerie.characters import service as characters
from causerie.characters.samples import sample_characters
from causerie.config import Settings
from causerie.db.across import NOBODY
from causerie.db.database import Database
from causerie.db.installation import Installation
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from causerie.settings import service as settings_service

LOCAL_MODEL = NewModel(
    name="SmolLM2 135M (demo)",
    provider="local",
    model="smollm2",
    context_window=2_048,
    paid=False,
    continue_prefix=True,
)


@dataclass(frozen=True, slots=True)
class _Service:
    """A provider whose key the operator may put into the settings, and the model that this adds."""

    setting: str
    model: NewModel


_SERVICES = (
    _Service("openrouter_api_key", NewModel(name="OpenRouter", provider="openrouter", model="openrouter/auto")),
    _Service("openai_api_key", NewModel(name="OpenAI", provider="openai", model="gpt-4.1-mini")),
    _Service("gemini_api_key", NewModel(name="Gemini", provider="gemini", model="gemini-2.5-flash")),
)


async def prepare(database: Database, settings: Settings, sealer: Sealer) -> Actor:
    """Make sure of the owner, of everyone's models and of the owner's settings, and return the owner.

    At the first start the owner gets the sample characters; deleted, they do not come back.
    """
    owner = await database.read(NOBODY, accounts.find_owner)
    if owner is None:
        newcomer = Actor(new_id())
        await database.work(newcomer, _begin, settings, sealer)
        return newcomer
    actor = Actor(owner.id)
    await database.work(actor, _share_services, settings, sealer)
    return actor


def _begin(work: Work, settings: Settings, sealer: Sealer) -> None:
    work.session.add(Installation())
    accounts.ensure_owner(work)
    local = aimodels.share(work, LOCAL_MODEL, sealer)
    _share_services(work, settings, sealer)
    settings_service.establish(work, default_ai_model_id=local.id)
    for character in reversed(sample_characters()):  # lists show the newest first
        characters.create(work, character)


def _share_services(work: Work, settings: Settings, sealer: Sealer) -> None:
    for service in _SERVICES:
        key = getattr(settings, service.setting)
        if key is not None:
            aimodels.share(work, service.model.model_copy(update={"api_key": key}), sealer)
