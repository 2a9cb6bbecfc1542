"""The prompt for models that read well: what stays comes first, so that a provider's cache can serve it again."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from string import Template

from causerie.prompting import templates
from causerie.prompting.context import Card, Context
from causerie.prompting.parts import (
    Draft,
    Part,
    PartName,
    all_but_newest,
    ends_with_user,
    history,
    kept_part,
    paragraphs,
    turn_starts,
)
from causerie.providers.protocol import Sampling

DEFAULT_WINDOW = 8_192
DEFAULT_RESERVE = 1_024
"""Tokens held free for the reply of a model whose row does not limit it; at most a quarter of the window."""
EXAMPLES_SHARE = 0.10
"""Most of the window that example dialogue may take."""
FLOOR_TURNS = 4
"""The last turns that give way one by one, and only after everything else has."""
BLOCK_SHARE = 0.20
"""History gives way in blocks of this share of the room: its start, and the cached prefix with it, stays a while."""

_START = re.compile(r"<START>", re.IGNORECASE)
_ORIGINAL = re.compile(r"\{\{original\}\}", re.IGNORECASE)


def draft(context: Context, kept: str) -> Draft:
    """Lay out every part of the prompt in its order."""
    window, reserve = _window(context)
    before = _examples_within(paragraphs("system", lasting(context)), int(window * EXAMPLES_SHARE))
    said = history(context)
    proceed: list[tuple[PartName, str]] = [] if ends_with_user(said) else [("proceed", templates.PROCEED.substitute())]
    after = paragraphs("user", [*passing(context), *proceed])
    return Draft(
        parts=(*before, *said, *after, *kept_part(context, kept)),
        yielding=(
            *(range(place, place + 1) for place in reversed(range(len(before))) if before[place].name == "example"),
            *_history_blocks(said, len(before), int((window - reserve) * BLOCK_SHARE)),
        ),
        sampling=Sampling(variant=context.is_swipe),
        window=window,
        reserve=reserve,
    )


def lasting(context: Context) -> list[tuple[PartName, str]]:
    """Return what is the same for every reply of a chat: who speaks, with whom, where, and how."""
    return [("system_prompt", _system_prompt(context)), *_authored(context), *_examples(context)]


def passing(context: Context) -> list[tuple[PartName, str]]:
    """Return what can change from reply to reply. It follows the history, so that all before it can be cached."""
    pieces: list[tuple[PartName, str]] = []
    if context.world_time.strip():
        pieces.append(("world_time", templates.WORLD_TIME.substitute(text=context.world_time)))
    if context.card:
        text = _overridden(context, context.card.post_history_instructions, original="")
        pieces.append(("post_history_instructions", text))
    if context.instruction.strip():
        pieces.append(("instruction", templates.INSTRUCTION.substitute(text=context.instruction)))
    return pieces


def _window(context: Context) -> tuple[int, int]:
    """Return how many tokens the model reads, and how many of them are held free for the reply."""
    window = (context.model and context.model.context_window) or DEFAULT_WINDOW
    longest_reply = context.model and context.model.max_output_tokens
    if longest_reply:
        return window, min(longest_reply, window // 2)
    return window, min(DEFAULT_RESERVE, window // 4)


def _system_prompt(context: Context) -> str:
    """Return the card's system prompt, which replaces the user's (C21), or the user's, or ours."""
    card, user = context.card, context.user_name
    if context.system_prompt.strip():
        original = context.authored(context.system_prompt)
    elif card:
        original = templates.SYSTEM.substitute(char=card.name, user=user)
    else:
        original = templates.SYSTEM_ALONE.substitute(user=user)
    return _overridden(context, card.system_prompt, original) if card else original


def _overridden(context: Context, text: str, original: str) -> str:
    """Return an author's `text` in place of `original`, which stands where its first `{{original}}` is."""
    if not text.strip():
        return original
    first, *rest = map(context.authored, _ORIGINAL.split(text))
    return "".join([first, original, *rest]) if rest else first


def _authored(context: Context) -> list[tuple[PartName, str]]:
    card = context.card or Card("")
    fields: tuple[tuple[PartName, Template, str], ...] = (
        ("persona", templates.PERSONA, context.persona),
        ("description", templates.DESCRIPTION, card.description),
        ("personality", templates.PERSONALITY, card.personality),
        ("scenario", templates.SCENARIO, card.scenario),
    )
    return [
        (name, template.substitute(char=card.name, user=context.user_name, text=context.authored(text)))
        for name, template, text in fields
        if text.strip()
    ]


def _examples(context: Context) -> list[tuple[PartName, str]]:
    card = context.card or Card("")
    return [
        ("example", templates.EXAMPLE.substitute(char=card.name, text=context.authored(block.strip())))
        for block in _START.split(card.mes_example)
        if block.strip()
    ]


def _examples_within(parts: list[Part], share: int) -> list[Part]:
    """Cut the examples that go beyond their share, from the first that does."""
    used = 0
    kept: list[Part] = []
    for part in parts:
        used += part.tokens if part.name == "example" else 0
        kept.append(replace(part, cut="over_share") if used > share else part)
    return kept


def _history_blocks(said: Sequence[Part], offset: int, block: int) -> list[range]:
    """Return what of the history gives way, in this order: blocks of whole turns, the last turns, all but the newest.

    A turn is what the user says and what answers it, so no answer stays without its question. Blocks are measured from
    the first message read, so that the same ones give way while a chat grows.
    """
    turns = turn_starts(said)
    if not turns:
        return []
    floor = max(0, len(turns) - FLOOR_TURNS)
    blocks: list[range] = []
    start, tokens, goal = turns[0], 0, block
    for turn, following in pairwise(turns[: floor + 1]):
        tokens += sum(part.tokens for part in said[turn:following] if not part.cut)
        if tokens >= goal or following == turns[floor]:
            blocks.append(range(offset + start, offset + following))
            start, goal = following, (tokens // block + 1) * block
    blocks += [range(offset + turn, offset + following) for turn, following in pairwise(turns[floor:])]
    blocks += [range(offset + place, offset + place + 1) for place in all_but_newest(said, turns[-1])]
    return blocks
