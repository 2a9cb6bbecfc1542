"""The scripts of the model provider that many tests use, by the name of their model."""

from typing import Any

from tests.scripted_provider import scripted_text

QUICK = "quick"
QUICK_TEXT = "Good evening, traveller. Come in out of the wind."

UNICODE = "unicode"
UNICODE_TEXT = "  naïve café 灯台 👩‍👩‍👧 e\u0301 🇫🇷\n\n\tend of song \u2028🐈 "

STEADY = "steady"
STEADY_TEXT = scripted_text(seed=3, length=400)

SLOW = "slow"
SLOW_TEXT = scripted_text(seed=7, length=6_000)

FAILING = "failing"
"""Answers every request with 401, which nobody tries again."""

SCRIPTS: dict[str, dict[str, Any]] = {
    QUICK: {"text": QUICK_TEXT},
    UNICODE: {"text": UNICODE_TEXT, "chunk": 1, "split_surrogates": True},
    STEADY: {"text": STEADY_TEXT, "pace": 200},
    SLOW: {"text": SLOW_TEXT, "pace": 50},
    FAILING: {"fault": "refuse", "status": 401},
}
