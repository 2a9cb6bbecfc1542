"""Avatars: pictures by their content, made anew, and never what they only claim to be."""

import struct
import zlib
from io import BytesIO

import httpx
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.contract.making import Api, mint
from tests.contract.problems import refusal

CANARY = b"canary-7c1e"


def picture(kind: str = "PNG", colour: str = "teal") -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, kind)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int) -> bytes:
    """Return a PNG that claims this size and has next to no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 30_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def put(api: Api, character_id: str, content: bytes, name: str = "wren.png", kind: str = "image/png") -> httpx.Response:
    return api.http.put(f"/characters/{character_id}/avatar", files={"file": (name, content, kind)})


def served(api: Api, character_id: str) -> httpx.Response:
    response = api.http.get(f"/characters/{character_id}/avatar")
    assert response.status_code == 200, response.text
    return response


def decoded(response: httpx.Response) -> Image.Image:
    image = Image.open(BytesIO(response.content))
    image.load()
    assert Image.MIME[image.format or ""] == response.headers["content-type"]
    return image


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_comes_back_as_a_picture(api: Api, kind: str) -> None:
    character = api.character()

    response = put(api, character["id"], picture(kind), f"wren.{kind.lower()}", f"image/{kind.lower()}")

    assert response.status_code == 200, response.text
    assert decoded(served(api, character["id"])).width > 0
    assert api.get(f"/characters/{character['id']}")["avatar_image"]


def test_the_content_decides_not_the_name(api: Api) -> None:
    character = api.character()

    assert put(api, character["id"], picture("JPEG"), "page.html", "text/html").status_code == 200

    decoded(served(api, character["id"]))


@pytest.mark.req("S49")
def test_a_picture_is_served_as_nothing_but_a_picture(api: Api) -> None:
    character = api.character()
    put(api, character["id"], picture())

    headers = served(api, character["id"]).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"].startswith("image/")
    assert "sandbox" in headers["content-security-policy"]


@pytest.mark.req("S49")
@pytest.mark.parametrize("name", ["x.html", '"\r\n.png', "\u202egnp.exe", "../../etc/passwd", "C:\\x.png", "a" * 4_000])
def test_the_clients_file_name_is_never_used(api: Api, name: str) -> None:
    character = api.character()

    response = put(api, character["id"], picture(), name)

    if response.status_code != 200:
        refusal(response, {400, 422})
        return
    headers = str(served(api, character["id"]).headers)
    for part in ("passwd", "exe", "html", "aaaa", "C:"):
        assert part not in headers


@pytest.mark.req("S46")
def test_what_is_written_inside_a_picture_is_dropped(api: Api) -> None:
    character = api.character()
    notes, file = PngInfo(), BytesIO()
    notes.add_text("Comment", CANARY.decode())
    Image.new("RGB", (32, 32), "teal").save(file, "PNG", pnginfo=notes)
    assert CANARY in file.getvalue()

    put(api, character["id"], file.getvalue())

    assert CANARY not in served(api, character["id"]).content


@pytest.mark.req("S46")
def test_where_a_photograph_was_taken_is_dropped(api: Api) -> None:
    character = api.character()
    file, exif = BytesIO(), Image.Exif()
    exif[0x010E] = CANARY.decode()
    Image.new("RGB", (32, 32), "teal").save(file, "JPEG", exif=exif)
    assert CANARY in file.getvalue()

    put(api, character["id"], file.getvalue(), "wren.jpg", "image/jpeg")

    assert CANARY not in served(api, character["id"]).content


@pytest.mark.req("S46")
@pytest.mark.parametrize("tail", [b"<script>" + CANARY + b"</script>", b"PK\x03\x04" + CANARY])
@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_picture_that_is_something_else_too_is_only_a_picture_afterwards(api: Api, kind: str, tail: bytes) -> None:
    character = api.character()

    response = put(api, character["id"], picture(kind) + tail)

    if response.status_code != 200:
        refusal(response, {415, 422})
    else:
        assert CANARY not in served(api, character["id"]).content


@pytest.mark.req("S46")
@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html><p>Hello",
        b"%PDF-1.7\n",
        b"",
        b"\x89PNG\r\n\x1a\n",
        picture()[:60],
        b"GIF89a",
        b"\x00" * 1_000,
    ],
    ids=["svg", "html", "pdf", "empty", "signature", "cut", "gif", "zeros"],
)
def test_what_is_no_picture_is_refused(api: Api, content: bytes) -> None:
    character = api.character()

    refusal(put(api, character["id"], content), {415, 422})

    assert api.get(f"/characters/{character['id']}") == character


@pytest.mark.req("S46")
@pytest.mark.parametrize("size", [(16_000, 16_000), (8_193, 8), (8, 8_193), (2_000_000_000, 2_000_000_000)], ids=str)
def test_a_picture_too_large_to_decode_is_refused_before(api: Api, size: tuple[int, int]) -> None:
    character = api.character()
    content = png_of(*size)
    assert len(content) < 100_000

    refusal(put(api, character["id"], content), {413, 422})

    assert api.get(f"/characters/{character['id']}") == character


@pytest.mark.req("S45")
def test_a_file_over_20_mib_is_413(api: Api) -> None:
    character = api.character()

    refusal(put(api, character["id"], picture() + b"\x00" * (21 << 20)), 413)


@pytest.mark.req("S45")
def test_a_thousand_parts_are_refused(api: Api) -> None:
    character = api.character()
    parts = [("file", (f"{n}.png", picture(), "image/png")) for n in range(1_000)]

    refusal(api.http.put(f"/characters/{character['id']}/avatar", files=parts), {400, 413, 422})


@pytest.mark.req("S14")
def test_only_multipart_is_taken(api: Api) -> None:
    path = f"/characters/{api.character()['id']}/avatar"

    for kind in ("application/json", "image/png", "text/plain", "application/x-www-form-urlencoded"):
        refusal(api.http.put(path, content=picture(), headers={"Content-Type": kind}), 415)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc',
        b"--y\r\n\r\na\r\n--y--",
    ],
)
def test_a_broken_upload_is_refused(api: Api, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    refusal(api.http.put(f"/characters/{api.character()['id']}/avatar", content=body, headers=headers), {400, 415, 422})


def test_an_upload_without_its_file_names_it(api: Api) -> None:
    character = api.character()

    refusal(api.http.put(f"/characters/{character['id']}/avatar", files={"picture": ("a.png", picture())}), 422)


def test_a_character_without_a_picture_has_none(api: Api) -> None:
    refusal(api.http.get(f"/characters/{api.character()['id']}/avatar"), 404, "not_found")


@pytest.mark.req("S23")
def test_the_picture_of_nobody(api: Api) -> None:
    refusal(api.http.get(f"/characters/{mint()}/avatar"), 404, "not_found")
    refusal(put(api, mint(), picture()), 404, "not_found")


def test_a_new_picture_takes_the_place_of_the_old(api: Api) -> None:
    character = api.character()
    put(api, character["id"], picture(colour="teal"))

    put(api, character["id"], picture(colour="maroon"))

    red, green, blue = decoded(served(api, character["id"])).convert("RGB").resize((1, 1)).tobytes()
    assert red > 100 > max(green, blue)
