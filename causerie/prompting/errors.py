"""What cannot be turned into a prompt."""

from collections.abc import Mapping

from causerie.errors import NotFound
from causerie.providers.protocol import PromptTooLong


class FixedPartsTooLong(PromptTooLong):
    """What every prompt of this chat must hold does not fit into the model's window; `parts` has the size of each."""

    def __init__(self, parts: Mapping[str, int], room: int) -> None:
        sizes = ", ".join(f"{name.replace('_', ' ')} {tokens}" for name, tokens in parts.items())
        super().__init__(
            f"The model reads {room} tokens here, and what every prompt of this chat must hold has more ({sizes}). "
            "Shorten the longest, or choose a model with a larger window."
        )
        self.facts.update(parts=dict(parts), room=room)


class NoPrompt(NotFound):
    """No model was asked for this message, or not yet."""

    def __init__(self) -> None:
        super().__init__("There is no prompt for this message: no model wrote it, or it has not been asked yet.")
