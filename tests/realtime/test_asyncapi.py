"""The AsyncAPI document is made from the code, and the committed one is the one that is made."""

import re
from pathlib import Path

from causerie.chats.events import server_events
from causerie.realtime.asyncapi import document, document_text
from causerie.realtime.frames import FEATURES, client_frames

COMMITTED = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"


def test_the_committed_document_is_the_one_that_the_code_makes() -> None:
    assert COMMITTED.read_text() == document_text(), "run `make docs`"


def test_every_frame_is_in_it_in_its_direction() -> None:
    made = document()
    names = {name: message["name"] for name, message in made["components"]["messages"].items()}
    for operation, union in (("receive", client_frames), ("send", server_events)):
        listed = {names[entry["$ref"].rpartition("/")[2]] for entry in made["operations"][operation]["messages"]}
        assert listed == set(union.json_schema()["discriminator"]["mapping"])
    assert set(FEATURES) == set(client_frames.json_schema()["discriminator"]["mapping"])


def test_every_reference_leads_somewhere() -> None:
    made = document()
    for reference in re.findall(r'"#/([^"]+)"', document_text()):
        place = made
        for step in reference.split("/"):
            place = place[step]
        assert place
