"""What Chromium's tracing and the sampling of its script engine tell of a tab. All times are in milliseconds."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

CATEGORIES = (
    "blink.user_timing",
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "disabled-by-default-devtools.timeline.frame",
)
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that the page noted."""

    at: float
    detail: float


class Trace:
    """What the process that drew a page did.

    Args:
        frame: the page's id, which remains the same when another process takes it over.
    """

    def __init__(self, frame: str) -> None:
        self._frame = frame
        self._events: list[Event] = []

    def read(self, events: Sequence[Event]) -> None:
        """Take in what was traced of all processes.

        Raises:
            ValueError: the page is not in it.
        """
        drew = Counter(event["pid"] for event in events if self._is_paint(event))
        if not drew:
            raise ValueError("the page was not traced")
        ((process, _),) = drew.most_common(1)
        self._events = sorted((event for event in events if event["pid"] == process), key=lambda each: each["ts"])

    def marks(self, name: str) -> list[Mark]:
        """Return the page's marks of this name, in order."""
        return [
            Mark(_at(event), json.loads(event["args"]["data"].get("detail") or "0"))
            for event in self._named(name)
            if event["cat"] == "blink.user_timing" and event["ph"] == "I"
        ]

    def from_click_to(self, name: str) -> float:
        """Return how long it was from the click to the frame on the screen in which the page had noted `name`."""
        click = next(
            event for event in self._named("EventTiming") if event["args"].get("data", {}).get("type") == "click"
        )
        (mark,) = self.marks(name)
        return self._drawn_after(mark.at) - _at(click)

    def interactions_ms(self) -> list[float]:
        """Return how long each press of a key or a button took until its first change was painted."""
        longest: dict[int, float] = {}
        for event in self._named("EventTiming"):
            data = _timing(event)
            if data.get("interactionId"):
                before = longest.get(data["interactionId"], 0.0)
                longest[data["interactionId"]] = max(before, data["duration"])
        return list(longest.values())

    def _is_paint(self, event: Event) -> bool:
        return event["name"] == "PrePaint" and bool(event["args"]["data"]["frame"] == self._frame)

    def _drawn_after(self, at: float) -> float:
        commit = next(event for event in self._named("Commit") if _at(event) >= at)
        number = commit["args"]["frameSeqId"]
        drawn = next(event for event in self._named("DrawFrame") if event["args"]["frameSeqId"] >= number)
        return _at(drawn)

    def _named(self, name: str) -> list[Event]:
        return [event for event in self._events if event["name"] == name]


class Profile:
    """Samples of what the script engine was at."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, float, int]] = []
        self._modules: dict[int, frozenset[str]] = {}

    def read(self, profile: Event) -> None:
        """Take in what `Profiler.stop` answers."""
        parents = {child: node["id"] for node in profile["nodes"] for child in node.get("children", ())}
        addresses = {node["id"]: node["callFrame"]["url"] for node in profile["nodes"]}
        for node in addresses:
            self._modules[node] = frozenset(addresses[each] for each in _upward(node, parents))
        at = profile["startTime"]
        ends = []
        for delta in profile["timeDeltas"]:
            at += delta
            ends.append(at / 1_000)
        # A sample stands for the time until the next.
        for node, (began, ended) in zip(profile["samples"], pairwise(ends), strict=False):
            self._samples.append((began, ended - began, node))

    def milliseconds_in(self, module: str, began: float, ended: float) -> float:
        """Return how much of this time a module was at work, and whatever it called."""
        within = {node for node, addresses in self._modules.items() if any(module in each for each in addresses)}
        return sum(length for at, length, node in self._samples if began <= at < ended and node in within)


def _upward(node: int, parents: Mapping[int, int]) -> Iterator[int]:
    yield node
    while node in parents:
        node = parents[node]
        yield node


def _timing(event: Event) -> Event:
    """What an `EventTiming` tells; its end tells nothing."""
    data: Event = event["args"].get("data", {})
    return data


def _at(event: Event) -> float:
    return float(event["ts"]) / 1_000
