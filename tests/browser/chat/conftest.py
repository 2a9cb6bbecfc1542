"""Chats of many messages."""

from dataclasses import dataclass

import pytest

from tests.browser.installation import Installation
from tests.browser.long_chat import lengthen
from tests.browser.provider import Provider


@dataclass(frozen=True)
class LongChat:
    """A chat that nobody adds to. `ids`: its messages from the first to the last."""

    session_id: str
    ids: list[str]


@pytest.fixture(scope="session")
def long_chat(shared: Installation, provider: Provider) -> LongChat:
    """Ten thousand messages, among them long ones, code and tables."""
    session_id = provider.begin(shared, "ten-thousand", text="Nobody asks.")
    return LongChat(session_id, lengthen(shared, session_id))
