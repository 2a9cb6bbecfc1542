"""The port to a language model: what goes in, the pieces that come out, and every way it can fail."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from causerie.errors import CauserieError, FieldError

ProviderName: TypeAlias = Literal["local", "openai", "openrouter", "gemini", "langchain"]
Role: TypeAlias = Literal["system", "user", "assistant"]
Profile: TypeAlias = Literal["normal", "tiny"]
"""How a prompt has to be written for a model: `tiny` is for models under 500 million parameters."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Everything an adapter needs to know of an AI model row. Equal configurations share one provider.

    `api_key` is in clear, so an instance is never logged: its `repr` leaves the key out.
    """

    provider: ProviderName
    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    context_window: int | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    paid: bool = False
    continue_prefix: bool = False


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt, as the model shall read it."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next tokens are chosen; None leaves a choice to the model's row and then to the provider.

    `temperature` in 0..2, `top_p` in 0..1, `max_tokens` in model tokens, `stop` at most four texts. `options` are
    further fields of the provider's own request; a field that the adapter sets itself is not overwritten by them.
    `variant` asks for a further answer to the same prompt: a model that would repeat itself then chooses more freely.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    variant: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """New text of the reply. Well-formed Unicode without NUL, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What the model thought aloud before or between its text; no part of the reply. Never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the call consumed, as the provider counts it. `cost` in US dollars where the provider tells it."""

    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The model ended. `reason` is `stop`, `length` or a foreign word; None when the provider did not say.

    `provider` and `model` name who really served the call, where that can differ from who was asked.
    """

    reason: str | None
    provider: str | None = None
    model: str | None = None


Piece: TypeAlias = Text | Reasoning | Usage | Finish


class Provider(Protocol):
    """One model, ready to be called. Safe to use by any number of tasks of one event loop."""

    @property
    def profile(self) -> Profile:
        """How prompts for this model have to be written."""

    def stream(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> AsyncGenerator[Piece, None]:
        """Yield `Text`, `Reasoning` and `Usage` as they come, none empty, and exactly one `Finish` last.

        Closing the generator stops the model and lets go of its connection. Nothing is sent before the first iteration
        and nothing is tried twice: `retrying.py` has the one policy for that. What was yielded is never taken back.

        Args:
            prompt: oldest first; at most one system message, and it is first. When the last message is the assistant's,
                the model continues it: only what comes after that text is yielded, and a `Finish` without any text
                means that nothing was left to say. `continuing.py` says where a cut text can be taken up. Only models
                with `continue_prefix` are called so.
            sampling: see there.

        Raises:
            ProviderError: any failure of the model or of the way to it. Before it, all text that arrived was yielded.
        """

    async def count_tokens(self, prompt: Sequence[PromptMessage]) -> int | None:
        """Return how many tokens the model reads for `prompt`; None when only an estimate is possible.

        Raises:
            ProviderError: the tokenizer is known but cannot be reached.
        """

    async def close(self) -> None:
        """Let go of connections and processes. Running streams end with a `ProviderError`. Repeats change nothing."""


class ProviderSource(Protocol):
    """Where callers get a provider from."""

    def for_model(self, config: ModelConfig) -> Provider:
        """Return the provider of `config`; the same one for equal configurations. Connects to nothing.

        Raises:
            ModelNotAllowed: the operator's settings do not allow this configuration.
        """


class ProviderError(CauserieError):
    """A model could not answer, or not to the end. The text is for the user: it holds no address, key or foreign body.

    `retryable` says whether trying again can help; `retry_after` is the provider's own wish in seconds.
    """

    status, code, title = 502, "provider_failed", "The model's provider had a failure"
    sentence = "The model's provider reported a failure of its own. Try again in a moment."

    def __init__(self, detail: str | None = None, *, retry_after: float | None = None) -> None:
        facts: dict[str, Any] = {} if retry_after is None else {"retry_after": retry_after}
        super().__init__(detail or self.sentence, **facts)
        self.retry_after = retry_after


class ProviderFailed(ProviderError):
    """The provider answered that it failed itself (HTTP 5xx, or an error event)."""

    retryable = True


class ProviderUnreachable(ProviderError):
    """No connection: refused, timed out, unknown name, or a target that is not allowed. Always the same words (S44)."""

    code, title, retryable = "provider_unreachable", "The model cannot be reached", True
    sentence = "The model's server cannot be reached. Check its address in the model's settings, or try again."


class ProviderSilent(ProviderError):
    """Connected, but nothing came for too long."""

    status, code, title, retryable = 504, "provider_silent", "The model went silent", True
    sentence = "The model stopped sending before its reply was finished. Try again."


class ProviderCut(ProviderError):
    """The stream ended before the reply did."""

    code, title, retryable = "provider_cut", "The reply was cut off", True
    sentence = "The connection to the model broke off before the reply was finished."


class ProviderMalformed(ProviderError):
    """The answer is not in the provider's own format."""

    code, title, retryable = "provider_malformed", "The model's answer could not be read", True
    sentence = "The model's server sent something that is not a reply. Check its address in the model's settings."


class ProviderRefused(ProviderError):
    """The provider does not accept the request (HTTP 4xx without a code of its own below)."""

    code, title = "provider_refused", "The provider refused the request"
    sentence = "The model's provider refused the request. Check the model's name and options in its settings."


class ProviderAuth(ProviderError):
    """The key is missing, wrong or not allowed to use this model."""

    code, title = "provider_auth", "The provider did not accept the key"
    sentence = "The model's provider did not accept the API key. Enter it again in the model's settings."


class ProviderCredits(ProviderError):
    """The account at the provider is out of credit."""

    code, title = "provider_credits", "No credit left at the provider"
    sentence = "The account at the model's provider has no credit left."


class ProviderRateLimited(ProviderError):
    """Too many requests at the provider."""

    status, code, title, retryable = 503, "provider_rate_limited", "The provider asks for a pause", True
    sentence = "The model's provider takes no more requests for the moment. Try again a little later."


class EmptyReply(ProviderError):
    """The model ended without a word. Some providers charge for it, so nobody but the user asks again."""

    code, title, retryable = "empty_reply", "The model said nothing", True
    sentence = "The model ended its reply without a word. Try again."


class ContentBlocked(ProviderError):
    """The provider's content rules blocked the prompt, or the reply, possibly after some text."""

    code, title = "content_blocked", "Blocked by the provider's content rules"
    sentence = "The provider's content rules blocked this reply."


class PromptTooLong(ProviderError):
    """The prompt does not fit into the model's context window."""

    code, title = "prompt_too_long", "The conversation is too long for this model"
    sentence = "The prompt is longer than this model can read. Set the model's context window in its settings."


class ReplyTooLong(ProviderError):
    """The reply grew over the limit of one reply; the text up to there was yielded."""

    code, title = "reply_too_long", "The reply became too long"
    sentence = "The model did not come to an end. Its text up to the limit is kept."


class ModelNotInstalled(ProviderError):
    """The local model's file or engine is not there."""

    status, code, title = 503, "model_not_installed", "The local model is not installed"
    sentence = "The local model is not installed. Run `causerie model add smollm2`."


class ModelNotAllowed(ProviderError):
    """The operator's settings do not allow this configuration; `pointer` names the member of the model at fault."""

    status, code, title = 422, "model_not_allowed", "This model is not allowed here"

    def __init__(self, detail: str, *, pointer: str) -> None:
        super().__init__(detail)
        self.errors = [FieldError(pointer=pointer, code=self.code, detail=detail)]
