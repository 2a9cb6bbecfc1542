"""Contexts as they could have been read, and tokenizers that are known."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from causerie.aimodels.models import ModelRow
from causerie.chats.models import Role, Status
from causerie.chats.service import BranchMessage
from causerie.ids import new_id
from causerie.prompting.context import Card, Context
from causerie.providers.protocol import Profile, PromptMessage
from causerie.testing import ScriptedProvider

PIP = Card(
    name="Pip",
    description=(
        "{{char}} is a cheerful little garden robot who loves tomatoes and bees, with a snail friend named Turbo. "
        "It was built in a shed."
    ),
    personality="curious",
    scenario="{{user}} stands in the garden.",
    first_mes="Beep! Hello, {{user}}!",
    mes_example="<START>\n{{user}}: Hi\n{{char}}: Beep!\n<start>\n<USER>: Rain?\n<BOT>: Lovely.",
)


def user(text: str, **more: Any) -> BranchMessage:
    return _message(Role.USER, text, **more)


def reply(text: str, **more: Any) -> BranchMessage:
    return _message(Role.ASSISTANT, text, **more)


def turns(count: int, text: str = "A sentence of some length.") -> list[BranchMessage]:
    """Return `count` questions with their answers, then a last question."""
    said = [message for turn in range(count) for message in (user(f"Q{turn} {text}"), reply(f"A{turn} {text}"))]
    return [*said, user(f"Q{count} {text}")]


def context(branch: Sequence[BranchMessage], *, card: Card | None = PIP, **more: Any) -> Context:
    return Context(reply_id=new_id(), reply_version=1, branch=branch, card=card, **{"user_name": "Ann", **more})


def model(window: int, longest_reply: int | None = None) -> ModelRow:
    return ModelRow(new_id(), None, "openai", "m", None, None, window, longest_reply, None, None, {}, False, False)


class CountingProvider(ScriptedProvider):
    """A model whose tokenizer makes `per_character` tokens of a character; `counted` keeps what it was asked for."""

    def __init__(self, per_character: float, profile: Profile = "normal") -> None:
        super().__init__([""], profile=profile)
        self.per_character = per_character
        self.counted: list[int] = []

    def tokens(self, prompt: Sequence[PromptMessage]) -> int:
        return sum(round(len(message.text) * self.per_character) + 4 for message in prompt)

    async def count_tokens(self, prompt: Sequence[PromptMessage]) -> int | None:
        self.counted.append(self.tokens(prompt))
        return self.counted[-1]


def said(prompt: Sequence[PromptMessage], branch: Sequence[BranchMessage]) -> list[UUID]:
    """Return which messages of `branch` are in `prompt`, oldest first. Their texts must differ."""
    texts = {message.text for message in prompt}
    return [message.id for message in branch if message.content in texts]


def _message(role: Role, text: str, status: Status = Status.COMPLETE, hidden: bool = False) -> BranchMessage:
    return BranchMessage(new_id(), 1, role, text, status, hidden, None)
