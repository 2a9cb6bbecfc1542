"""Strings that run a script, open a dialog or call out where they are taken for markup."""

import json
from itertools import chain
from pathlib import Path

BY_KIND: dict[str, list[str]] = json.loads(Path(__file__).with_name("xss.json").read_text())
ALL = list(chain.from_iterable(BY_KIND.values()))
"""Each calls `owned()` if it runs, or asks `elsewhere.invalid` for something."""

CHOSEN = [payload for of_kind in BY_KIND.values() for payload in of_kind[:: max(1, len(of_kind) // 5)][:5]]
"""Five of each kind."""

BATCHES = [ALL[start : start + 31] for start in range(0, len(ALL), 31)]
