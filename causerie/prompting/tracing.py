"""Which words stood in a reply's prompt, where each came from, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID
from zlib import crc32

from causerie.chats.errors import MessageNotFound
from causerie.chats.models import UNFINISHED
from causerie.db.work import Work
from causerie.prompting import statements
from causerie.prompting.errors import NoPrompt
from causerie.prompting.parts import Draft, Part
from causerie.prompting.schemas import PromptMessageOut, PromptOut, PromptPartOut, StoredPart, StoredTrace


@dataclass(frozen=True, slots=True)
class PromptTrace:
    """Where a prompt's words come from: `parts` in their order, with those that were left out.

    `factor`: real tokens for each estimated one. `counted`: the model's own tokenizer counted `tokens`.
    """

    parts: Sequence[Part]
    draft: Draft
    factor: float
    tokens: int
    counted: bool


def store_trace(work: Work, message_id: UUID, attempt: int, trace: PromptTrace) -> bool:
    """Keep what `attempt` of a reply asks its model.

    Returns:
        False when the attempt is not the current one: then the trace was not kept.
    """
    stored, texts = as_stored(attempt, trace)
    kept = work.execute(statements.KEEP_TRACE, of_message=message_id, of_attempt=attempt, trace=stored)
    if kept.rowcount == 0:
        return False
    store_texts(work, texts)
    return True


def as_stored(attempt: int, trace: PromptTrace) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a trace as the reply keeps it, and the texts, by their hash, that it names and that are no message."""
    parts = [_stored_part(part, trace.factor) for part in trace.parts]
    texts = {
        row.source: part.text
        for row, part in zip(parts, trace.parts, strict=True)
        if row.version is None and row.source is not None
    }
    return _stored(trace, attempt, parts), texts


def store_texts(work: Work, texts: Mapping[str, str]) -> None:
    """Store texts of a prompt, each once for all prompts."""
    work.write_many(statements.INSERT_SEGMENTS, [{"sha256": name, "text": text} for name, text in texts.items()])


def read_prompt(work: Work, message_id: UUID) -> PromptOut:
    """Return exactly what the model was given for a reply, though messages may have been edited since.

    Raises:
        MessageNotFound: the actor has no such message, or it is in the trash.
        NoPrompt: no model was asked for it.
    """
    row = work.execute(statements.TRACE, message_id=message_id).one_or_none()
    if row is None:
        raise MessageNotFound
    if row.prompt_trace is None:
        raise NoPrompt
    trace = StoredTrace.model_validate(row.prompt_trace)
    texts = _texts(work, trace.parts, {message_id: row.partial_text} if row.state in UNFINISHED else {})
    pieces: list[tuple[PromptMessageOut, list[str | None]]] = []
    parts: list[PromptPartOut] = []
    for part, text in zip(trace.parts, texts, strict=True):
        if not part.cut:
            if not (part.joined and pieces):
                pieces.append((PromptMessageOut(role=part.role, text=None), []))
            pieces[-1][1].append(text)
        parts.append(
            PromptPartOut(
                part=part.part,
                role=part.role,
                tokens=part.tokens,
                length=part.length,
                cut=part.cut,
                message=None if part.cut else len(pieces) - 1,
                message_id=None if part.version is None or part.source is None else UUID(part.source),
                version=part.version,
                available=text is not None,
            )
        )
    for message, words in pieces:
        message.text = None if None in words else "".join(word for word in words if word is not None)
    return PromptOut(
        message_id=message_id,
        counted="exact" if trace.counted else "estimated",
        messages=[message for message, _ in pieces],
        parts=parts,
        **trace.model_dump(include={"attempt", "window", "reserve", "tokens", "sampling"}),
    )


def _stored(trace: PromptTrace, attempt: int, parts: list[StoredPart]) -> dict[str, Any]:
    draft = trace.draft
    sampling = {name: value for name, value in asdict(draft.sampling).items() if value not in (None, (), {}, False)}
    return {
        "attempt": attempt,
        "window": draft.window,
        "reserve": draft.reserve,
        "tokens": trace.tokens,
        "counted": trace.counted,
        "sampling": sampling,
        "parts": parts,
    }


def _stored_part(part: Part, factor: float) -> StoredPart:
    tokens, length = round(part.tokens * factor), len(part.text)
    if part.spoken:
        source, version = part.spoken.message_id.hex, part.spoken.version
        check = None if part.cut else crc32(part.text.encode())
        return StoredPart(part.name, part.role, tokens, length, part.cut, part.joined, source, version, check)
    text_name = None if part.cut else _hash(part.text)
    return StoredPart(part.name, part.role, tokens, length, part.cut, part.joined, text_name)


def _texts(work: Work, parts: Sequence[StoredPart], unfinished: Mapping[UUID, str]) -> list[str | None]:
    """Return the text of each part as it was sent; None for one that was cut, or whose text is not there any more."""
    sent = [part for part in parts if not part.cut and part.source]
    hashes = {part.source for part in sent if part.version is None}
    authored = {row.sha256: row.text for row in work.execute(statements.SEGMENTS, hashes=sorted(hashes))}
    ids = sorted({UUID(part.source) for part in sent if part.version is not None})
    now = {row.id: row.content for row in work.execute(statements.CONTENTS, ids=ids)} | dict(unfinished)
    former: dict[UUID, list[tuple[int, str]]] = {}
    for row in work.execute(statements.REVISIONS, ids=ids):
        former.setdefault(row.message_id, []).append((row.version, row.content))

    def text_of(part: StoredPart) -> str | None:
        if part.cut or part.source is None:
            return None
        if part.version is None:
            return authored.get(part.source)
        message_id, traced = UUID(part.source), part.version
        # A revision is what a message said up to its version: the first that is not older than the traced one.
        revisions = former.get(message_id, ())
        said = next((text for version, text in revisions if version >= traced), now.get(message_id))
        text = None if said is None else said[: part.length]
        return text if text is not None and crc32(text.encode()) == part.check else None

    return [text_of(part) for part in parts]


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
