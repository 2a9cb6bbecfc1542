"""JSON from other machines."""

import json
from typing import Any

from pydantic_core import from_json

from causerie.providers.protocol import ProviderMalformed


def parsed(data: bytes) -> Any:
    """Return the value in `data`.

    Raises:
        ProviderMalformed: it is no JSON, or nested too deeply.
    """
    try:
        return from_json(data)
    except ValueError:  # half a character, written as an escape, is one reason
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ProviderMalformed from error
