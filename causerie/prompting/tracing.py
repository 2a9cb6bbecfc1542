"""Which words stood in a reply's prompt, where each came from, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from causerie.chats.errors import MessageNotFound
from causerie.chats.models import UNFINISHED
from causerie.db.work import Work
from causerie.prompting import statements
from causerie.prompting.errors import NoPrompt
from causerie.prompting.parts import Draft, Part
from causerie.prompting.schemas import PromptMessageOut, PromptOut, PromptPartOut, StoredPart, StoredTrace

DIGEST_LENGTH = 16


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
    """Keep what `attempt` of a reply asks its model; texts that are no message are stored once for all prompts.

    Returns:
        False when the attempt is not the current one: then the trace was not kept.
    """
    texts = {_hash(part.text): part.text for part in trace.parts if part.spoken is None and not part.cut}
    if texts:
        work.execute_many(
            statements.INSERT_SEGMENTS, [{"sha256": digest, "text": text} for digest, text in texts.items()]
        )
    kept = work.execute(statements.KEEP_TRACE, of_message=message_id, of_attempt=attempt, trace=_stored(trace, attempt))
    return kept.rowcount == 1


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
                **part.model_dump(include={"part", "role", "tokens", "cut", "message_id", "version", "length"}),
                message=None if part.cut else len(pieces) - 1,
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


def _stored(trace: PromptTrace, attempt: int) -> dict[str, Any]:
    draft = trace.draft
    sampling = {name: value for name, value in asdict(draft.sampling).items() if value not in (None, (), {}, False)}
    return {
        "attempt": attempt,
        "window": draft.window,
        "reserve": draft.reserve,
        "tokens": trace.tokens,
        "counted": trace.counted,
        "sampling": sampling,
        "parts": [_stored_part(part, trace.factor) for part in trace.parts],
    }


def _stored_part(part: Part, factor: float) -> dict[str, Any]:
    stored: dict[str, Any] = {"part": part.name, "role": part.role, "tokens": round(part.tokens * factor)}
    if part.joined:
        stored["joined"] = True
    if part.cut:
        stored["cut"] = part.cut
    else:
        stored["length"] = len(part.text)
    if part.spoken:
        stored |= {"message_id": str(part.spoken.message_id), "version": part.spoken.version}
        if not part.cut:
            stored["digest"] = _hash(part.text)[:DIGEST_LENGTH]
    elif not part.cut:
        stored["sha256"] = _hash(part.text)
    return stored


def _texts(work: Work, parts: Sequence[StoredPart], unfinished: Mapping[UUID, str]) -> list[str | None]:
    """Return the text of each part as it was sent; None for one that was cut, or whose text is not there any more."""
    sent = [part for part in parts if not part.cut]
    hashes = {part.sha256 for part in sent if part.sha256}
    authored = {row.sha256: row.text for row in work.execute(statements.SEGMENTS, hashes=sorted(hashes))}
    ids = sorted({part.message_id for part in sent if part.message_id})
    now = {row.id: row.content for row in work.execute(statements.CONTENTS, ids=ids)} | dict(unfinished)
    former: dict[UUID, list[tuple[int, str]]] = {}
    for row in work.execute(statements.REVISIONS, ids=ids):
        former.setdefault(row.message_id, []).append((row.version, row.content))

    def text_of(part: StoredPart) -> str | None:
        if part.cut or part.message_id is None:
            return None if part.cut else authored.get(part.sha256 or "")
        # A revision is what a message said up to its version: the first that is not older than the traced one.
        said = next(
            (text for version, text in former.get(part.message_id, ()) if version >= (part.version or 0)),
            now.get(part.message_id),
        )
        text = None if said is None else said[: part.length]
        return text if text is not None and _hash(text)[:DIGEST_LENGTH] == part.digest else None

    return [text_of(part) for part in parts]


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
