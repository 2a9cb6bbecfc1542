"""Who hears what."""

from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Listener = TypeVar("Listener")


def enter(registry: dict[Key, tuple[Listener, ...]], key: Key, listener: Listener) -> Callable[[], None]:
    """Add `listener` to those of `key`, and return what removes it; a key without listeners is not in `registry`.

    The listeners are tuples, because they come and go while others are being called.
    """
    registry[key] = (*registry.get(key, ()), listener)

    def leave() -> None:
        remaining = tuple(other for other in registry.get(key, ()) if other is not listener)
        if remaining:
            registry[key] = remaining
        else:
            registry.pop(key, None)

    return leave
