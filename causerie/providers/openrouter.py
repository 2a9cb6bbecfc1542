"""OpenRouter: OpenAI's dialect with routing, costs and error codes of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from causerie.providers.openai import OpenAIProvider, OpenAIReader
from causerie.providers.protocol import ContentBlocked, PromptMessage, ProviderError, Sampling


class OpenRouterProvider(OpenAIProvider):
    """One model behind OpenRouter, by default only at providers that do not collect prompts."""

    default_url = "https://openrouter.ai/api/v1"

    def _headers(self) -> dict[str, str]:
        return super()._headers() | {"X-Title": "Causerie"}

    def _body(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> dict[str, Any]:
        body = super()._body(prompt, sampling)
        routing = sampling.options.get("provider")
        # OpenRouter's own default allows its providers to keep what they are sent.
        body["provider"] = {"data_collection": "deny", **(routing if isinstance(routing, Mapping) else {})}
        body["usage"] = {"include": True}
        return body

    def _reader(self, prompt: Sequence[PromptMessage]) -> OpenAIReader:
        return OpenRouterReader(prompt)

    def _refusal(self, status: int, headers: Mapping[str, str], error: Mapping[str, Any]) -> ProviderError:
        return ContentBlocked() if status == 403 else super()._refusal(status, headers, error)


class OpenRouterReader(OpenAIReader):
    """Reads who served the reply as well; it may be another model than was asked for."""

    def _take(self, event: Any) -> None:
        if self.provider is None and isinstance(event, dict) and isinstance(name := event.get("provider"), str):
            self.provider = name
        super()._take(event)

    def _refusal(self, error: Any) -> ProviderError:
        if isinstance(error, Mapping) and str(error.get("code")) == "403":  # moderation, not the key
            return ContentBlocked()
        return super()._refusal(error)
