"""Writes one reply: its prompt, the model's stream, and how that ended."""

from collections.abc import Callable
from contextlib import aclosing

import structlog

from causerie.aimodels.models import ModelRow
from causerie.chats.models import Status
from causerie.chats.service import Ending
from causerie.clock import utc_now
from causerie.errors import CauserieError
from causerie.generation.claiming import failed
from causerie.generation.coalescing import Coalescer
from causerie.generation.errors import Interrupted, OutOfTime, ReplyFault
from causerie.generation.reply import Interruption, Reply
from causerie.prompting.service import assemble
from causerie.providers.protocol import Finish, ModelConfig, ProviderCut, ProviderSource, Text, Usage
from causerie.providers.retrying import stream_with_retries

CHECKPOINT_CODE_POINTS = 4_096

log = structlog.get_logger()


class Writer:
    """Streams replies from their models into the coalescer.

    Args:
        hurry: is called when more has come than should wait for the next checkpoint.
    """

    def __init__(
        self,
        providers: ProviderSource,
        model_config: Callable[[ModelRow], ModelConfig],
        coalescer: Coalescer,
        hurry: Callable[[], None],
    ) -> None:
        self._providers = providers
        self._model_config = model_config
        self._coalescer = coalescer
        self._hurry = hurry

    async def write(self, reply: Reply) -> Ending | None:
        """Stream the model's text; return how the reply ended, or None when it goes to another attempt."""
        if reply.interruption is not None:
            return _interrupted(reply)
        remaining = (reply.claimed.deadline - utc_now()).total_seconds()
        with reply.written_within(remaining) as scope:
            try:
                async with scope:
                    await self._stream(reply)
            except CauserieError as error:
                if isinstance(error, ProviderCut) and reply.grown and reply.claimed.repeatable:
                    return None  # cut in the middle, and asking again costs nothing
                return failed(reply.text, error, **reply.told())
            except Exception as error:
                if isinstance(error, TimeoutError) and scope.expired():
                    return _interrupted(reply)
                log.exception("reply_failed", message_id=str(reply.message_id), attempt=reply.attempt)
                return failed(reply.text, ReplyFault(), **reply.told())
        return Ending(status=Status.COMPLETE, content=reply.text, **reply.told())

    async def _stream(self, reply: Reply) -> None:
        context = reply.claimed.context
        if context.model is None:
            raise RuntimeError("a reply without a model is not claimed")
        provider = self._providers.for_model(self._model_config(context.model))
        prompt = await assemble(context, provider, kept=reply.claimed.kept)
        reply.trace = prompt.trace
        add = self._coalescer.add
        async with aclosing(stream_with_retries(provider, prompt.messages, prompt.sampling)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Text):
                    add(reply, piece.text)
                    if reply.length - reply.checkpointed > CHECKPOINT_CODE_POINTS:
                        self._hurry()
                elif isinstance(piece, Usage):
                    reply.usage = piece
                elif isinstance(piece, Finish):
                    reply.finish = piece


def can_continue(reply: Reply) -> bool:
    """Return whether another attempt can go on where this one is cut."""
    model = reply.claimed.context.model
    return model is not None and model.continue_prefix


def _interrupted(reply: Reply) -> Ending | None:
    match reply.interruption:
        case Interruption.STOP | Interruption.FENCED:
            return Ending(status=Status.STOPPED, content=reply.text, **reply.told())
        case Interruption.HAND_OVER:
            if can_continue(reply) or reply.claimed.free or not reply.grown:
                return None
            return failed(reply.text, Interrupted(), **reply.told())
        case None:
            return failed(reply.text, OutOfTime(), **reply.told())
