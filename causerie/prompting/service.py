"""What prompting does: reads what a prompt is made from, builds it, keeps and shows what was sent."""

from causerie.prompting.assembling import Prompt, assemble, preview
from causerie.prompting.context import Context, read_context, read_preview
from causerie.prompting.tracing import PromptTrace, as_stored, read_prompt, store_texts, store_trace

__all__ = [
    "Context",
    "Prompt",
    "PromptTrace",
    "as_stored",
    "assemble",
    "preview",
    "read_context",
    "read_preview",
    "read_prompt",
    "store_texts",
    "store_trace",
]
