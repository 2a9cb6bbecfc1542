"""Decides what of a reply's prompt fits into the model's window."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from causerie.prompting import normal, tiny
from causerie.prompting.context import Context
from causerie.prompting.errors import FixedPartsTooLong
from causerie.prompting.parts import Draft, Part, messages_of
from causerie.prompting.schemas import PreviewOut
from causerie.prompting.tokens import MESSAGE_OVERHEAD, at_most
from causerie.prompting.tracing import PromptTrace
from causerie.providers.protocol import Profile, PromptMessage, Provider, Sampling

MARGIN = 0.02
"""Share of the window that stays free when the model's own tokenizer counted, and when the count is an estimate."""
ESTIMATED_MARGIN = 0.05
MOST_COUNTS = 3
WASTEFUL = 0.7
"""Of the room: a prompt that lost parts to a wrong estimate and fills less of it is chosen again."""

_DRAFTS: dict[Profile, Callable[[Context, str], Draft]] = {"normal": normal.draft, "tiny": tiny.draft}


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked, how its tokens are chosen, and where each word of it comes from."""

    messages: tuple[PromptMessage, ...]
    sampling: Sampling
    trace: PromptTrace


async def assemble(context: Context, provider: Provider, *, kept: str = "") -> Prompt:
    """Build the prompt of a reply within the model's window.

    Whole messages only; the oldest give way first, in blocks, so that the start of the prompt is the same for several
    turns. The provider's tokenizer is asked only where the prompt could be too long at all.

    Args:
        kept: text of the reply that stands; the prompt ends with it, and the model goes on from there.

    Raises:
        FixedPartsTooLong: even without everything that may give way it does not fit.
        ProviderError: the tokenizer is known but cannot be reached.
    """
    draft = _DRAFTS[provider.profile](context, kept)
    choice = _choose(draft, 1.0, ESTIMATED_MARGIN)
    if _most_tokens(choice.parts) > choice.room:
        choice = await _counted(draft, choice, provider)
    if choice.tokens > choice.room:
        raise FixedPartsTooLong(_sizes(choice), choice.room)
    trace = PromptTrace(choice.parts, draft, choice.factor, choice.tokens, counted=choice.exact)
    return Prompt(messages_of(choice.parts), draft.sampling, trace)


def preview(context: Context) -> PreviewOut:
    """Return the message that the prompts of a chat begin with, before anything was said in it.

    Its tokens are an estimate: no tokenizer is asked. Of a prompt of nothing but an absent character's name no text is
    left, and no such message sent.
    """
    profile: Profile = "tiny" if context.model is not None and context.model.provider == "local" else "normal"
    parts = _choose(_DRAFTS[profile](context, ""), 1.0, ESTIMATED_MARGIN).parts
    sent = [part for part in parts if part.role == "system" and not part.cut]
    text = "".join(message.text for message in messages_of(sent))
    return PreviewOut(text=text, tokens=sum(part.tokens for part in sent), profile=profile)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is sent: `tokens` of it, of which `room` has place. `factor`: real tokens for each estimated one."""

    parts: tuple[Part, ...]
    room: int
    tokens: int
    factor: float
    exact: bool = False

    @property
    def estimated(self) -> int:
        return sum(part.tokens for part in self.parts if not part.cut)

    @property
    def lost_some(self) -> bool:
        return any(part.cut == "no_room" for part in self.parts)


def _choose(draft: Draft, factor: float, margin: float) -> _Choice:
    """Let parts give way until the rest fits, or until nothing more may."""
    room = int(draft.window * (1 - margin)) - draft.reserve
    aim = room if draft.aim is None else min(draft.aim, room)
    parts = list(draft.parts)
    tokens = sum(part.tokens for part in parts if not part.cut)
    for places in draft.yielding:
        if tokens * factor <= aim:
            break
        for place in places:
            if not parts[place].cut:
                tokens -= parts[place].tokens
                parts[place] = replace(parts[place], cut="no_room")
    return _Choice(tuple(parts), room, round(tokens * factor), factor)


async def _counted(draft: Draft, choice: _Choice, provider: Provider) -> _Choice:
    """Return a choice that the model's own tokenizer counted, or `choice` where there is none.

    One count says how far the estimate was off. It is enough when what it counted fits, and little was given away.
    """
    for _ in range(MOST_COUNTS):
        count = await provider.count_tokens(messages_of(choice.parts))
        if count is None:
            return choice
        factor = count / max(1, choice.estimated)
        corrected = _choose(draft, factor, MARGIN)
        counted = replace(choice, room=corrected.room, tokens=count, factor=factor, exact=True)
        wasteful = choice.lost_some and count < corrected.room * WASTEFUL
        if corrected.parts == choice.parts or (count <= corrected.room and not wasteful):
            return counted
        choice = corrected
    return choice


def _most_tokens(parts: Sequence[Part]) -> int:
    """Return how many tokens the prompt can have at most, whatever the tokenizer."""
    return sum(at_most(part.text) + (0 if part.joined else 2 * MESSAGE_OVERHEAD) for part in parts if not part.cut)


def _sizes(choice: _Choice) -> dict[str, int]:
    """Return the tokens of what must be sent, by the names of the parts."""
    sizes: Counter[str] = Counter()
    for part in choice.parts:
        if not part.cut:
            sizes[part.name] += round(part.tokens * choice.factor)
    return dict(sizes)
