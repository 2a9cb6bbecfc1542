"""Every provider of this process: made from a model's row, kept, and closed together."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path

from causerie.providers.gemini import GeminiProvider
from causerie.providers.langchain import LangChainProvider
from causerie.providers.local import files
from causerie.providers.local.engine import Engine
from causerie.providers.local.provider import LocalProvider
from causerie.providers.openai import OpenAIProvider
from causerie.providers.openrouter import OpenRouterProvider
from causerie.providers.outgoing import Limits, Outgoing
from causerie.providers.protocol import ModelConfig, ModelNotAllowed, Provider
from causerie.providers.targets import Targets

MOST_KEPT = 256  # providers are small; what is costly, connections and processes, is shared

_REMOTE = {"openai": OpenAIProvider, "openrouter": OpenRouterProvider, "gemini": GeminiProvider}


class Providers:
    """A `ProviderSource` with one pool of connections and one process for each local model.

    Args:
        data_dir: where local models and their sockets may be.
        private_hosts: entries of `PRIVATE_HOSTS`.
        langchain_models: `LANGCHAIN_MODELS`, name to `module:factory`.
        limits: how long requests may take.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        private_hosts: Iterable[str] = (),
        langchain_models: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._outgoing = Outgoing(Targets(private_hosts), self._limits)
        self._langchain_models = dict(langchain_models or {})
        self._engines = {name: Engine(model, data_dir) for name, model in files.MODELS.items()}
        self._providers: OrderedDict[ModelConfig, Provider] = OrderedDict()

    def for_model(self, config: ModelConfig) -> Provider:
        """See `ProviderSource`."""
        if provider := self._providers.get(config):
            self._providers.move_to_end(config)
            return provider
        self.check(config)
        provider = self._providers[config] = self._made(config)
        if len(self._providers) > MOST_KEPT:
            self._providers.popitem(last=False)
        return provider

    def check(self, config: ModelConfig) -> None:
        """Refuse a configuration that can never be called here. Connects to nothing and looks no name up.

        Raises:
            ModelNotAllowed: its `errors` name the member: the address is neither public nor the operator's (S43), the
                key cannot stand in a header, or the local or LangChain model is not one of the operator's.
        """
        if config.provider == "local" and config.model not in self._engines:
            raise ModelNotAllowed(f"Known local models: {', '.join(self._engines)}.", pointer="/model")
        if config.provider == "langchain" and config.model not in self._langchain_models:
            raise ModelNotAllowed("The operator has named no LangChain model so.", pointer="/model")
        if config.provider in _REMOTE and config.base_url:
            self._outgoing.check(config.base_url)
        if config.api_key and not (config.api_key.isascii() and config.api_key.isprintable()):
            raise ModelNotAllowed("A key holds only printable ASCII characters.", pointer="/api_key")

    async def warm(self) -> None:
        """Start the local model if it is installed, so that the first reply does not wait for it.

        Raises:
            ProviderError: it did not start.
        """
        for engine in self._engines.values():
            if engine.state == "stopped":
                await engine.address()

    async def health(self) -> dict[str, str]:
        """Return the state of each part that runs beside this process."""
        return {f"local_model:{name}": engine.state for name, engine in self._engines.items()}

    async def drop_connections(self) -> None:
        """Abort the connections to other hosts after a sleep; streams under way there end as cut."""
        await self._outgoing.drop_connections()

    async def close(self) -> None:
        """End all streams, connections and local models. Repeats change nothing."""
        for provider in self._providers.values():
            await provider.close()
        self._providers.clear()
        await self._outgoing.close()
        for engine in self._engines.values():
            await engine.close()

    def _made(self, config: ModelConfig) -> Provider:
        match config.provider:
            case "local":
                return LocalProvider(config, self._outgoing, self._engines[config.model])
            case "langchain":
                return LangChainProvider(config, self._langchain_models[config.model], self._limits)
            case remote:
                return _REMOTE[remote](config, self._outgoing)
