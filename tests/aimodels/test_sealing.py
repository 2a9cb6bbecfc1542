"""A sealed key is read with its master key, at its place, and nowhere else (S35, S7)."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.aimodels.sealing import CannotUnseal, Sealer, master_key
from causerie.config import Settings, WrongSetting

KEY = bytes(range(32))
PLACE = b"ai_model 1"

pytestmark = pytest.mark.req("S35")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_what_was_sealed_is_read(text: str) -> None:
    sealed = Sealer(KEY).seal(text, PLACE)

    assert Sealer(KEY).unseal(sealed, PLACE) == text
    assert len(text) < 3 or text.encode() not in sealed


def test_the_same_text_is_never_sealed_alike() -> None:
    assert Sealer(KEY).seal("key", PLACE) != Sealer(KEY).seal("key", PLACE)


def test_another_place_or_master_key_reads_nothing() -> None:
    sealed = Sealer(KEY).seal("key", PLACE)

    with pytest.raises(CannotUnseal):
        Sealer(KEY).unseal(sealed, b"ai_model 2")
    with pytest.raises(CannotUnseal):
        Sealer(bytes(32)).unseal(sealed, PLACE)


@given(st.data())
def test_a_changed_byte_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(Sealer(KEY).seal("key", PLACE))
    index = data.draw(st.integers(0, len(sealed) - 1))
    sealed[index] ^= data.draw(st.integers(1, 255))

    with pytest.raises(CannotUnseal):
        Sealer(KEY).unseal(bytes(sealed), PLACE)


@given(st.binary(max_size=120))
def test_any_bytes_are_refused(sealed: bytes) -> None:
    with pytest.raises(CannotUnseal):
        Sealer(KEY).unseal(sealed, PLACE)


@pytest.mark.req("S7")
def test_the_master_key_is_made_once_for_this_user_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    key = master_key(settings)

    assert len(key) == 32
    assert master_key(settings) == key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.req("S7")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_master_key_that_others_reach_stops_the_start(tmp_path: Path, mode: int) -> None:
    settings = Settings(data_dir=tmp_path)
    master_key(settings)
    (tmp_path / "secret_key").chmod(mode)

    with pytest.raises(WrongSetting, match=r"CAUSERIE_SECRET_KEY.*chmod 600"):
        master_key(settings)


@pytest.mark.parametrize("text", ["", "no digits", "ab" * 31])
def test_a_file_without_a_key_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret_key").write_text(text)
    (tmp_path / "secret_key").chmod(0o600)

    with pytest.raises(WrongSetting, match="64 hexadecimal digits"):
        master_key(Settings(data_dir=tmp_path))


def test_the_settings_may_bring_the_key(tmp_path: Path) -> None:
    assert master_key(Settings(data_dir=tmp_path, secret_key=KEY.hex())) == KEY
    assert not (tmp_path / "secret_key").exists()


def test_processes_that_start_together_have_one_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: master_key(settings), range(8)))

    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]
