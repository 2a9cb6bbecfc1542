"""The kinds of rows that a client lists, reads, changes and deletes, for checks that hold for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.making import Api, Row


@dataclass(frozen=True)
class Resource:
    """One kind: where it lives, how one is made, and a field to change."""

    path: str
    least: Callable[[Api], dict[str, Any]]
    """The smallest body that makes one."""
    name: str
    """A text that a client may set."""
    optional: dict[str, Any]
    """A field that has a default, with another value."""

    def make(self, api: Api, **fields: Any) -> Row:
        return api.create(self.path, **(self.least(api) | fields))

    def one(self, row: Row) -> str:
        return f"{self.path}/{row['id']}"


def _nothing(api: Api) -> dict[str, Any]:
    return {}


def _name(api: Api) -> dict[str, Any]:
    return {"name": f"Number {next(api.numbers)}"}


def _prompt(api: Api) -> dict[str, Any]:
    return _name(api) | {"content": "You are kind."}


def _model(api: Api) -> dict[str, Any]:
    return _name(api) | {"provider": "openai", "model": "quick", "base_url": api.provider.base_url}


SESSIONS = Resource("/sessions", _nothing, "title", {"user_persona": "A sailor"})
CHARACTERS = Resource("/characters", _name, "name", {"description": "A keeper of the lighthouse."})
PROFILES = Resource("/profiles", _name, "name", {"description": "A sailor."})
MODELS = Resource("/models", _model, "name", {"temperature": 0.5})
PROMPTS = Resource("/prompts", _prompt, "name", {"is_default": True})
RESOURCES = (SESSIONS, CHARACTERS, PROFILES, MODELS, PROMPTS)
SINGLETONS = ("/settings", "/preferences")

each_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path[1:])
each_singleton = pytest.mark.parametrize("path", SINGLETONS)
