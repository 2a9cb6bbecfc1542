"""The data folder is this user's alone, and one server's at a time."""

import stat
from pathlib import Path

import pytest

from causerie.config import Settings
from causerie.ops.data_folder import FolderInUse, only_server, prepare_folder


def mode(path: Path | None) -> int:
    assert path is not None
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.req("S7")
@pytest.mark.parametrize("made_before", [False, True])
def test_a_new_folder_is_private(tmp_path: Path, made_before: bool) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    if made_before:
        settings.data_dir.mkdir(mode=0o755)

    prepare_folder(settings)

    assert (mode(settings.data_dir), mode(settings.database_file)) == (0o700, 0o600)


def test_a_folder_that_holds_other_things_keeps_its_mode(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "shared")
    settings.data_dir.mkdir()
    settings.data_dir.chmod(0o755)
    (settings.data_dir / "notes.txt").touch()

    prepare_folder(settings)

    assert (mode(settings.data_dir), mode(settings.database_file)) == (0o755, 0o600)


def test_a_second_server_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    file = tmp_path / "causerie.db"

    with only_server(file), pytest.raises(FolderInUse, match="already uses"), only_server(file):
        raise AssertionError("two at once")
    with only_server(file):
        assert [path.name for path in tmp_path.iterdir()] == ["causerie.db.lock"]
