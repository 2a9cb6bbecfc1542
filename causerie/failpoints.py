"""Named places where the fault suite lets a process die, freeze or dawdle. Without the setting they cost one call.

`CAUSERIE_FAILPOINTS` is `name=action[@n], …`: at the n-th passage (default: the first) the process does `kill` (SIGKILL
to itself), `stop` (SIGSTOP: it freezes until somebody sends SIGCONT) or `sleep:SECONDS` (it blocks for that long).
"""

import os
import re
import signal
import time
from collections import Counter

ENTRY = re.compile(r"(?P<name>[a-z_]+)=(?P<action>kill|stop|sleep:\d+(?:\.\d+)?)(?:@(?P<passage>[1-9]\d*))?")

NAMES = frozenset(
    {
        "after_commit_before_ack",
        "after_claim_before_first_byte",
        "after_xadd_before_publish",
        "after_text_before_checkpoint",
        "after_provider_end_before_final",
        "after_final_before_events",
        "after_hand_over_before_wake",
    }
)
"""Every place there is."""

_armed: dict[str, tuple[str, int]] = {}
_passed: Counter[str] = Counter()


class UnknownFailpoint(ValueError):
    """There is no such place, or the entry cannot be read; the text is one line."""


def arm(entries: str) -> None:
    """Let the named places act.

    Raises:
        UnknownFailpoint: an entry is not `name=action[@n]` of a place that exists.
    """
    for entry in filter(None, (part.strip() for part in entries.split(","))):
        match = ENTRY.fullmatch(entry)
        if match is None or match["name"] not in NAMES:
            raise UnknownFailpoint(f"{entry!r} is no failpoint; there are: {', '.join(sorted(NAMES))}")
        _armed[match["name"]] = (match["action"], int(match["passage"] or 1))


def is_armed(name: str) -> bool:
    """Return whether the place `name` was armed: for callers that would have to go slower to pass it."""
    return name in _armed


def failpoint(name: str) -> None:
    """Pass the place `name`; nothing happens unless it was armed."""
    if not _armed or name not in _armed:
        return
    action, passage = _armed[name]
    _passed[name] += 1
    if _passed[name] != passage:
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    else:
        time.sleep(float(action.partition(":")[2]))
