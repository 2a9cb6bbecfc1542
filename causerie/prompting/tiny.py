"""The prompt for models under 500 million parameters: the more they read, the worse they write.

Two sentences that say who they are, one exchange whose answer was written by the character's author and sets the voice,
at most two more exchanges, and a reminder after what the user said. A card's full text and example dialogue gave loops,
wrong names and echoes.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from causerie.prompting import templates, tokens
from causerie.prompting.context import Context
from causerie.prompting.normal import lasting, passing
from causerie.prompting.parts import (
    Draft,
    Part,
    all_but_newest,
    ends_with_user,
    history,
    kept_part,
    paragraphs,
    turn_starts,
)
from causerie.providers.protocol import Sampling

LAST_EXCHANGES = 2
FIRST_TURN_TOKENS = 400
"""Reading costs a core about 6 ms a token; later turns find most of theirs in the model's cache."""
MOST_TOKENS = 1_400
REPLY_TOKENS = 60
SYSTEM_TOKENS = 60
SHORTEST_SENTENCE = 12
"""Code points; what ends earlier is a label."""

# A full stop after an initial or a title ends nothing.
_SENTENCE_END = re.compile(r"(?<!\b[A-Z])(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bSt)(?<!\bMrs)[.!?](?=\s)|[。！？]|\n")
_BEING = re.compile(r"(?:is|was|are|were)\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:an?|the|one)\s", re.IGNORECASE)


def draft(context: Context, kept: str) -> Draft:
    """Lay out every part of the prompt in its order."""
    system = [Part("system_prompt", "system", _system(context)), *_left_out(context)]
    opening, said = _opening(context, history(context))
    said = _recent(said)
    turns = turn_starts(said)
    first_said = len(system) + len(opening)
    old = [
        *(range(turn, following) for turn, following in pairwise(turns)),
        range(-len(opening), 0),
        *(range(place, place + 1) for turn in turns[-1:] for place in all_but_newest(said, turn)),
    ]
    window = (context.model and context.model.context_window) or MOST_TOKENS + REPLY_TOKENS
    return Draft(
        parts=(*system, *opening, *said, *_reminder(context, said), *kept_part(context, kept)),
        yielding=tuple(range(first_said + places.start, first_said + places.stop) for places in old),
        sampling=Sampling(variant=context.is_swipe),
        window=min(window, MOST_TOKENS + REPLY_TOKENS),
        reserve=REPLY_TOKENS,
        aim=FIRST_TURN_TOKENS if len(turns) == 1 else None,
    )


def _system(context: Context) -> str:
    """Return the two sentences; what is told of the character is the start of its description."""
    if not context.card:
        return templates.TINY_SYSTEM_ALONE.substitute()
    name = context.card.name
    room = SYSTEM_TOKENS - tokens.estimate(templates.TINY_SYSTEM.substitute(char=name, details=""))
    details = _shortened(_details(name, context.authored(context.card.description)), room)
    return templates.TINY_SYSTEM.substitute(char=name, details=details)


def _details(name: str, description: str) -> str:
    """Return the first sentence of a description as it goes on after `You are NAME`."""
    sentence = _first_sentence(" ".join(description.split(" "))).strip().rstrip(".!?。！？").rstrip()
    if not sentence:
        return ""
    names = "|".join(map(re.escape, (name, (name.split(maxsplit=1) or [name])[0], "you", "he", "she", "they", "it")))
    subject = re.match(rf"(?:{names})\s+", sentence, re.IGNORECASE)
    if not subject:
        return f", {sentence[0].lower()}{sentence[1:]}" if _ARTICLE.match(sentence) else f": {sentence}"
    rest = sentence[subject.end() :]
    if being := _BEING.match(rest):
        return f", {rest[being.end() :]}"
    return f", who {rest}"


def _first_sentence(text: str) -> str:
    text = text.strip()
    for end in _SENTENCE_END.finditer(text):
        if end.end() >= SHORTEST_SENTENCE:
            return text[: end.end()]
    return text


def _shortened(details: str, room: int) -> str:
    """Return as many of the words as fit, up to the last comma among them if that leaves more than half.

    `details` begins with a sign and a space, which are no word.
    """
    if tokens.estimate(details) <= room:
        return details
    # Counted again without each word: what no script fits into the room is not looked at.
    details = details[: max(int(room / tokens.LATIN) + 2, 0)]
    while details and tokens.estimate(details) > room:
        details = details[: details.rfind(" ")] if " " in details[2:] else details[:-1]
    clause = details.rfind(",")
    return details[:clause] if clause > len(details) // 2 else details


def _left_out(context: Context) -> list[Part]:
    """Return what a larger model would be given."""
    pieces = [*lasting(context)[1:], *passing(context)]
    return [replace(part, cut="tiny_model") for part in paragraphs("system", pieces) if part.name != "instruction"]


def _opening(context: Context, said: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Return the exchange that sets the voice, and the history without it."""
    hello = Part("greeting", "user", templates.TINY_GREETED.substitute())
    first = next(iter(turn_starts(said)), None)
    if context.from_start and first is not None and said[first].role == "assistant":
        return [hello, replace(said[first], name="greeting")], [*said[:first], *said[first + 1 :]]
    if context.card and context.card.first_mes.strip():
        return [hello, Part("greeting", "assistant", context.authored(context.card.first_mes))], [*said]
    return [], [*said]


def _recent(said: Sequence[Part]) -> list[Part]:
    """Cut all but the last exchanges, and what the user said after them."""
    turns = turn_starts(said)
    wanted = turns[-(LAST_EXCHANGES + ends_with_user(said)) :]
    start = wanted[0] if wanted else 0
    return [part if place >= start or part.cut else replace(part, cut="tiny_model") for place, part in enumerate(said)]


def _reminder(context: Context, said: Sequence[Part]) -> list[Part]:
    instruction = f" {context.instruction.strip()}" if context.instruction.strip() else ""
    if context.card:
        text = templates.TINY_SUFFIX.substitute(char=context.card.name, instruction=instruction)
    else:
        text = templates.TINY_SUFFIX_ALONE.substitute(instruction=instruction)
    proceed = [] if ends_with_user(said) else [Part("proceed", "user", templates.PROCEED.substitute())]
    return [*proceed, Part("reminder", "user", f" {text}", joined=True)]
