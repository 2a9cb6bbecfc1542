"""Characters: labels, revisions, the trash, and pictures."""

import io
import re
import zlib
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from causerie.characters.labels import numbered, slug
from causerie.characters.samples import sample_characters
from causerie.characters.schemas import LONGEST_LABEL
from causerie.db.work import Work
from tests.house import create, get

LABEL = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


@given(st.text(min_size=1, max_size=300))
def test_every_name_makes_a_label(name: str) -> None:
    label = slug(name)

    assert LABEL.fullmatch(label)
    assert len(label) <= LONGEST_LABEL


@pytest.mark.parametrize(
    ("name", "label"), [("Captain Marrow", "captain-marrow"), ("Zoë!", "zoe"), ("灯台", "character")]
)
def test_a_label_can_be_read(name: str, label: str) -> None:
    assert slug(name) == label


def test_a_taken_label_gets_the_first_free_number() -> None:
    assert numbered("wren", {"wren-2"}) == "wren"
    assert numbered("wren", {"wren", "wren-2", "wren-4"}) == "wren-3"
    assert len(numbered("x" * LONGEST_LABEL, {"x" * LONGEST_LABEL})) == LONGEST_LABEL


def test_the_samples_greet_as_they_were_written() -> None:
    assert {character.name: character.first_mes for character in sample_characters()} == {
        "Wren": "Good evening, traveller. Come in out of the wind. There is room by the stove.",
        "Pip": "Beep! Hello, friend! Did you come to see the garden?",
        "Captain Marrow": "Evening, my friend! Sit down before the tea gets cold. I was just telling the teapot about "
        "the night we outran a thunderstorm.",
    }


async def test_a_new_installation_has_the_samples_and_a_model(client: httpx.AsyncClient) -> None:
    characters = (await get(client, "/characters"))["items"]
    (model,) = (await get(client, "/models"))["items"]

    assert [character["name"] for character in characters] == ["Wren", "Pip", "Captain Marrow"]
    assert (model["name"], model["provider"], model["user_id"]) == ("SmolLM2 135M (demo)", "local", None)
    assert (await get(client, "/settings"))["default_ai_model_id"] == model["id"]


async def test_names_and_labels_are_changed_apart(client: httpx.AsyncClient) -> None:
    first, second = [await create(client, "/characters", name="Ada Byron") for _ in range(2)]

    renamed = await client.patch(f"/characters/{second['id']}", json={"name": "Someone"})
    anew = await client.patch(f"/characters/{second['id']}", json={"name": "Ada Byron", "label": None})
    taken = await client.patch(f"/characters/{second['id']}", json={"label": first["label"]})

    assert (first["label"], second["label"]) == ("ada-byron", "ada-byron-2")
    assert renamed.json()["label"] == "ada-byron-2"
    assert anew.json()["label"] == "ada-byron-2"
    assert (taken.status_code, taken.json()["code"]) == (409, "label_taken")


async def test_a_revision_is_kept_for_each_change_of_content(client: httpx.AsyncClient) -> None:
    character = await create(client, "/characters", name="Ada", description="one")
    address = f"/characters/{character['id']}"
    for text in ("two", "two", "three"):
        await client.patch(address, json={"description": text})
    await client.post(f"{address}/archive")

    newest, *older = [
        (await get(client, f"{address}/revisions", limit=1)),
        (await get(client, f"{address}/revisions"))["items"][1],
    ]

    assert [(row["version"], row["fields"]["description"]) for row in newest["items"]] == [(2, "two")]
    assert [(row["version"], row["fields"]["description"]) for row in older] == [(1, "one")]
    rest = await get(client, f"{address}/revisions", cursor=newest["next_cursor"])
    assert [row["version"] for row in rest["items"]] == [1]


async def test_a_label_is_free_while_its_character_is_in_the_trash(client: httpx.AsyncClient) -> None:
    first = await create(client, "/characters", name="Ada")
    await client.delete(f"/characters/{first['id']}")
    second = await create(client, "/characters", name="Ada")

    restored = (await client.post(f"/characters/{first['id']}/restore")).json()

    assert (first["label"], second["label"], restored["label"]) == ("ada", "ada", "ada-2")


async def test_a_character_with_chats_is_not_deleted(app: FastAPI, client: httpx.AsyncClient) -> None:
    character = await create(client, "/characters", name="Ada")

    def count_chats(work: Work, character_id: UUID) -> int:
        del work
        return 3 if str(character_id) == character["id"] else 0

    app.state.count_chats = count_chats

    refused = await client.delete(f"/characters/{character['id']}")

    assert (refused.status_code, refused.json()["code"], refused.json()["chats"]) == (409, "character_in_use", 3)


async def test_only_archived_or_only_the_others_are_listed(client: httpx.AsyncClient) -> None:
    await client.post(f"/characters/{(await create(client, '/characters', name='Ada'))['id']}/archive")

    async def names(**query: object) -> set[str]:
        return {row["name"] for row in (await get(client, "/characters", **query))["items"]}

    assert await names(archived=True) == {"Ada"}
    assert await names(archived=False) == {"Wren", "Pip", "Captain Marrow"}
    assert await names() == {"Ada", "Wren", "Pip", "Captain Marrow"}


def picture(kind: str = "PNG", size: tuple[int, int] = (3_000, 2_000), **options: object) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, kind, **options)
    return made.getvalue()


@pytest.mark.req("S46")
async def test_a_picture_is_made_anew(client: httpx.AsyncClient) -> None:
    address = f"/characters/{(await create(client, '/characters', name='Ada'))['id']}"
    exif = Image.Exif()
    exif[0x010E] = "canary"

    stored = await client.put(
        f"{address}/avatar", files={"file": ("a.png", picture("JPEG", exif=exif) + b"<script>canary")}
    )
    path = stored.json()["avatar_image"]
    shown = await client.get(path.removeprefix("/api"))

    assert shown.headers["content-type"] == "image/webp"
    assert b"canary" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as image:
        assert max(image.size) == 1_024
    assert "immutable" in shown.headers["cache-control"]
    assert "sandbox" in shown.headers["content-security-policy"]


@pytest.mark.req("S46")
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_an_image"),
        (picture()[:500], "not_an_image"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not_an_image"),
        (picture("BMP", (10, 10)), "not_an_image"),
        (picture(size=(8_193, 1)), "image_too_large"),
    ],
)
async def test_what_is_no_usable_picture_changes_nothing(client: httpx.AsyncClient, content: bytes, code: str) -> None:
    address = f"/characters/{(await create(client, '/characters', name='Ada'))['id']}"

    refused = await client.put(f"{address}/avatar", files={"file": ("a.png", content, "image/png")})

    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert (await get(client, address))["avatar_image"] is None


@pytest.mark.req("S46")
async def test_a_small_file_that_claims_to_be_huge_is_not_decoded(client: httpx.AsyncClient) -> None:
    address = f"/characters/{(await create(client, '/characters', name='Ada'))['id']}"
    small = bytearray(picture(size=(16, 16)))
    small[16:24] = (8_000).to_bytes(4) + (8_000).to_bytes(4)
    small[29:33] = zlib.crc32(small[12:29]).to_bytes(4)

    refused = await client.put(f"{address}/avatar", files={"file": ("a.png", bytes(small))})

    assert refused.json()["code"] == "image_too_large"


async def test_a_picture_is_taken_away_by_null_and_by_nothing_else(app: FastAPI, client: httpx.AsyncClient) -> None:
    address = f"/characters/{(await create(client, '/characters', name='Ada'))['id']}"
    shown = (await client.put(f"{address}/avatar", files={"file": picture(size=(9, 9))})).json()["avatar_image"]

    kept = [
        await client.put(address, json={"name": "Ada"}),
        await client.patch(address, json={"avatar_image": shown}),
    ]
    foreign = await client.patch(address, json={"avatar_image": "/elsewhere"})
    gone = await client.patch(address, json={"avatar_image": None})

    assert [answer.json()["avatar_image"] for answer in kept] == [shown, shown]
    assert foreign.json()["errors"][0] == {
        "pointer": "/avatar_image",
        "code": "read_only",
        "detail": "Send pictures to the character's avatar; here it is null or as it is.",
    }
    assert gone.json()["avatar_image"] is None
    assert (await client.get(f"{address}/avatar")).status_code == 404
