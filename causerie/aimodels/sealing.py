"""Provider keys at rest (S35): AES-256-GCM with a data key per record, which a master key wraps."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from causerie.config import Settings, WrongSetting

_FORMAT = b"\x01"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_WRAPPED_BYTES = _NONCE_BYTES + _KEY_BYTES + _TAG_BYTES


class CannotUnseal(Exception):
    """The text was sealed with another master key, or for another place."""


class Sealer:
    """Seals texts for the place where they are kept; at any other place they cannot be opened.

    A sealed text is `0x01`, the wrapped data key, then the text under the data key; each with its own nonce and tag.
    """

    def __init__(self, master_key: bytes) -> None:
        self._master = AESGCM(master_key)

    def seal(self, text: str, place: bytes) -> bytes:
        """Return `text` so that only this master key can read it, and only at `place`."""
        data_key = secrets.token_bytes(_KEY_BYTES)
        return _FORMAT + _encrypt(self._master, data_key, place) + _encrypt(AESGCM(data_key), text.encode(), place)

    def unseal(self, sealed: bytes, place: bytes) -> str:
        """Return the text.

        Raises:
            CannotUnseal: it was sealed with another master key or for another place.
        """
        wrapped, text = sealed[1 : 1 + _WRAPPED_BYTES], sealed[1 + _WRAPPED_BYTES :]
        if sealed[:1] != _FORMAT:
            raise CannotUnseal
        try:
            return _decrypt(AESGCM(_decrypt(self._master, wrapped, place)), text, place).decode()
        except (InvalidTag, ValueError) as error:
            raise CannotUnseal from error


def master_key(settings: Settings) -> bytes:
    """Return the master key of the settings, or that of `DATA_DIR/secret_key`, which is made (0600) when absent.

    Raises:
        WrongSetting: others can read the file, or it holds no key.
    """
    if settings.secret_key is not None:
        return bytes.fromhex(settings.secret_key.get_secret_value())
    file = settings.data_dir / "secret_key"
    if not file.exists():
        _write_private(file, secrets.token_hex(_KEY_BYTES))
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise WrongSetting(f"CAUSERIE_SECRET_KEY: others can read {file}; run `chmod 600` on it, then start again")
    try:
        key = bytes.fromhex(file.read_text())
    except ValueError as error:
        raise WrongSetting(f"CAUSERIE_SECRET_KEY: {file} does not hold 64 hexadecimal digits") from error
    if len(key) != _KEY_BYTES:
        raise WrongSetting(f"CAUSERIE_SECRET_KEY: {file} does not hold 64 hexadecimal digits")
    return key


def _write_private(file: Path, text: str) -> None:
    """Write a file whole or not at all; of processes that start together one writes it, and the others find it."""
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(unfinished, file)
    finally:
        unfinished.unlink()


def _encrypt(key: AESGCM, data: bytes, place: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, data, place)


def _decrypt(key: AESGCM, data: bytes, place: bytes) -> bytes:
    return key.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], place)
