"""What a new installation begins with, and what each start makes sure of."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from causerie.accounts import service as accounts
from causerie.aimodels import service as aimodels
from causerie.aimodels.schemas import NewModel
from causerie.aimodels.sealing import Sealer
from causerie.characters import service as characters
from causerie.characters.samples import sample_characters
from causerie.config import Settings
from causerie.db.across import NOBODY, installation_owner
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

    At the first start the owner gets the sample characters; deleted, they do not come back. Of processes that start
    together one begins the installation, and the others find it.
    """
    owner_id = await database.read(NOBODY, installation_owner)
    if owner_id is None:
        owner_id = await database.work(Actor(new_id()), _begin, sealer)
    owner = Actor(owner_id)
    await database.work(owner, _share_services, settings, sealer)
    return owner


def _begin(work: Work, sealer: Sealer) -> UUID:
    """Begin the installation as its owner, and return the owner's id, which is another's if another was faster."""
    owner_id = accounts.ensure_owner(work)
    if owner_id != work.actor.user_id:
        return owner_id
    work.session.add(Installation())
    local = aimodels.share(work, LOCAL_MODEL, sealer)
    settings_service.establish(work, default_ai_model_id=local.id)
    for character in reversed(sample_characters()):  # lists show the newest first
        characters.create(work, character)
    return owner_id


def _share_services(work: Work, settings: Settings, sealer: Sealer) -> None:
    work.session.execute(select(Installation.id).with_for_update())  # one process at a time: it looks before it adds
    for service in _SERVICES:
        key = getattr(settings, service.setting)
        if key is not None:
            aimodels.share(work, service.model.model_copy(update={"api_key": key}), sealer)
