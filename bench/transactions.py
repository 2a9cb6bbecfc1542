"""What PostgreSQL's log of statements says of its transactions: as whom each ran, and what it wrote."""

import json
import re
from dataclasses import dataclass
from uuid import UUID

SETTINGS = {
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_rotation_size": "0",
    "log_parameter_max_length": "0",
}
"""Of a server whose log is read here."""

_STATEMENT = re.compile(r"(?:statement|execute [^:]+): ")
_ACTOR = re.compile(r"set_config\('causerie\.user_id', '([0-9a-f-]+)', true\)")
_WRITE = re.compile(r"\b(?:INSERT INTO|UPDATE \w+ SET|DELETE FROM) ")


@dataclass(slots=True)
class Transaction:
    """One transaction: its actor, and how many INSERT, UPDATE and DELETE it executed."""

    actor: UUID
    writes: int = 0


def transactions_of(log: str) -> list[Transaction]:
    """Return the transactions that were opened as somebody, in their order. `log`: lines of a `jsonlog`."""
    found: dict[tuple[int, str], Transaction] = {}
    for line in log.splitlines():
        entry = json.loads(line)
        message: str = entry["message"]
        if not _STATEMENT.match(message):
            continue
        place = (entry["pid"], entry["vxid"])
        if opened := _ACTOR.search(message):
            found[place] = Transaction(UUID(opened[1]))
        if transaction := found.get(place):
            transaction.writes += len(_WRITE.findall(message))
    return list(found.values())
