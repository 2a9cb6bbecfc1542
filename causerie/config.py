"""The operator's settings: environment variables with the prefix `CAUSERIE_`, or `causerie.toml` beside the start."""

import importlib.util
import ipaddress
import os
import re
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX = "CAUSERIE_"
LOOPBACK = "loopback"

_DATABASE_OPTIONS = {
    "sslmode": {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
    "prepared_statements": {"on", "off"},
}
"""Options of a database's URL that have few values; what else is in it is the driver's or the server's."""
_REDIS_OPTIONS = {"ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile"}

_HOST_PORT = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):\d{1,5}")
_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class WrongSetting(Exception):
    """A setting with which the server must not start; the text is one line that names it."""


def default_data_dir() -> Path:
    """Return the platform's folder for a user's application data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "causerie"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "causerie"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "causerie"


def is_loopback(host: str) -> bool:
    """Tell whether `host` (a name or an address, brackets allowed) can only mean this machine."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _entries(value: object) -> object:
    """Split `a, b` as it stands in an environment variable."""
    return [entry.strip() for entry in value.split(",") if entry.strip()] if isinstance(value, str) else value


def _factories(value: object) -> object:
    """Split `name=module:factory, …`."""
    if not isinstance(value, str):
        return value
    pairs = [entry.partition("=") for entry in value.split(",") if entry.strip()]
    return {name.strip(): factory.strip() for name, _, factory in pairs}


def _refusal(reason: str) -> PydanticCustomError:
    return PydanticCustomError("wrong_setting", "{reason}", {"reason": reason})


Entries = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_entries)]
Factories = Annotated[dict[str, str], NoDecode, BeforeValidator(_factories)]


class Settings(BaseSettings):
    """Every setting with its unit and default. Environment variables win over `causerie.toml`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        toml_file="causerie.toml",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(default_factory=default_data_dir)
    """Folder (made with mode 0700) of the database, files, keys and locks. Default: the platform's data folder."""

    database_url: Annotated[str, Field(repr=False)] = ""
    """`sqlite:///FILE`, or `postgresql://user:password@host:port/name` of a login that owns nothing (`?sslmode=require`
    encrypts the way, `?prepared_statements=off` suits a pooling proxy). Default: `causerie.db` in `DATA_DIR`."""

    migration_url: Annotated[str | None, Field(repr=False)] = None
    """`postgresql://…` of the login that owns the tables; only `causerie migrate` uses it. Default: none."""

    redis_url: Annotated[str | None, Field(repr=False)] = None
    """`redis://…` or, encrypted, `rediss://…`: what carries live text between processes on PostgreSQL. Without it text
    comes from the database, about once a second. Default: none."""

    object_store_url: str = ""
    """`file:///FOLDER` where uploaded files are kept. Default: `objects` in `DATA_DIR`."""

    host: str = "127.0.0.1"
    """Address that the server listens on. With `AUTH=local` only a loopback address is accepted."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """TCP port; 0 lets the system choose. Default: 8000."""

    public_url: str | None = None
    """`http(s)://name` under which a proxy serves this node: its name is accepted as `Host`. Default: none."""

    allowed_origins: Entries = ()
    """Origins (`https://name[:port]`, separated by commas) of sites whose pages may use the API. Default: none."""

    auth: Literal["local"] = "local"
    """`local`: one owner without login, served on loopback only."""

    private_hosts: Entries = (LOOPBACK,)
    """Private `host:port`s that model providers may use, separated by commas; `loopback` means every port of this
    machine. Default: `loopback`."""

    langchain_models: Factories = Field(default_factory=dict)
    """`name=module:factory, …`: the only classes that a model of provider `langchain` can name. Default: none."""

    secret_key: SecretStr | None = None
    """Master key of the stored provider keys, 64 hexadecimal digits. Default: made once in `DATA_DIR/secret_key`."""

    log_format: Literal["text", "json"] | None = None
    """Default: `text` on a terminal, else `json`."""

    failpoints: str = ""
    """`name=kill|stop|sleep:SECONDS[@n], …`: places where this process dies, freezes or dawdles, to see that nothing is
    lost. Default: none."""

    openrouter_api_key: SecretStr | None = None
    """A present key makes a model row for OpenRouter."""

    openai_api_key: SecretStr | None = None
    """A present key makes a model row for OpenAI."""

    gemini_api_key: SecretStr | None = None
    """A present key makes a model row for Gemini."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the library's signature)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the library's signature)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("data_dir")
    @classmethod
    def _whole_path(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("public_url")
    @classmethod
    def _public_address(cls, url: str | None) -> str | None:
        if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise _refusal("must be an http:// or https:// URL with a name")
        return url

    @field_validator("allowed_origins")
    @classmethod
    def _plain_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            whole = f"{parts.scheme}://{parts.netloc}"
            if parts.scheme not in {"http", "https"} or not parts.netloc or whole != origin:
                raise _refusal("each origin must be https://name[:port], without a path or a star")
        return origins

    @field_validator("private_hosts")
    @classmethod
    def _exact_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        if any(host != LOOPBACK and not _HOST_PORT.fullmatch(host) for host in hosts):
            raise _refusal("each entry must be host:port, or `loopback`")
        return hosts

    @field_validator("langchain_models")
    @classmethod
    def _named_factories(cls, factories: dict[str, str]) -> dict[str, str]:
        if any(not name or not _FACTORY.fullmatch(factory) for name, factory in factories.items()):
            raise _refusal("each entry must be name=module:factory")
        return factories

    @field_validator("secret_key")
    @classmethod
    def _strong_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", key.get_secret_value()):
            raise _refusal("must be 64 hexadecimal digits")
        return key

    @model_validator(mode="before")
    @classmethod
    def _places_in_data_dir(cls, given: Any) -> Any:
        data_dir = Path(given.get("data_dir") or default_data_dir()).expanduser().absolute()
        places = {
            "database_url": f"sqlite:///{data_dir / 'causerie.db'}",
            "object_store_url": f"file://{data_dir / 'objects'}",
        }
        return {**places, **{name: value for name, value in given.items() if name not in places or value}}

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if _names_a_database(url):
            _require("asyncpg", "PostgreSQL")
            _check_database_options(url)
        elif not re.match(r"sqlite:///.", url):
            raise _refusal("must be sqlite:///FILE or postgresql://user:password@host/name")
        return url

    @field_validator("migration_url")
    @classmethod
    def _known_owner(cls, url: str | None) -> str | None:
        if url is not None and not _names_a_database(url):
            raise _refusal("must be postgresql://user:password@host/name")
        if url is not None:
            _check_database_options(url)
        return url

    @field_validator("redis_url")
    @classmethod
    def _known_broker(cls, url: str | None) -> str | None:
        if url is None:
            return None
        if not _is_address(url, "redis", "rediss"):
            raise _refusal("must be redis://host or rediss://host")
        parts = urlsplit(url)
        if not re.fullmatch(r"/?\d*", parts.path):
            raise _refusal("what follows the host must be the number of a logical database, such as redis://host/1")
        if unknown := {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} - _REDIS_OPTIONS:
            raise _refusal(f"{min(unknown)!r} is no option; there are: {', '.join(sorted(_REDIS_OPTIONS))}")
        _require("redis", "Redis")
        return url

    @model_validator(mode="after")
    def _many_processes(self) -> "Settings":
        if self.database_file is not None:
            for name in ("redis_url", "migration_url"):
                if getattr(self, name) is not None:
                    raise WrongSetting(
                        f"{PREFIX}{name.upper()}: is of no use with SQLite, on which one process does all; "
                        f"remove it, or let {PREFIX}DATABASE_URL be postgresql://…"
                    )
        return self

    @field_validator("object_store_url")
    @classmethod
    def _known_store(cls, url: str) -> str:
        if not url.startswith("file:///"):
            raise _refusal("must be file:///FOLDER")
        return url

    @field_validator("host")
    @classmethod
    def _loopback_only(cls, host: str) -> str:
        if not is_loopback(host):
            raise _refusal("without accounts (AUTH=local) the server listens on loopback only, such as 127.0.0.1")
        return host

    @property
    def database_file(self) -> Path | None:
        """The database's file; None on PostgreSQL."""
        if not self.database_url.startswith("sqlite:"):
            return None
        return Path(self.database_url.removeprefix("sqlite:///")).expanduser().absolute()

    @property
    def object_folder(self) -> Path:
        """The folder of uploaded files."""
        return Path(self.object_store_url.removeprefix("file://"))


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `overrides` that are not None, from the command line, win.

    Raises:
        WrongSetting: a setting cannot be used; the text is one line that names it.
    """
    for variable, value in os.environ.items():
        name = variable.upper().removeprefix(PREFIX)
        if value and variable.upper().startswith(PREFIX) and name not in _names():
            raise WrongSetting(f"{PREFIX}{name}: {_no_such_setting(name)}")
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise WrongSetting(_one_line(error.errors(include_url=False)[0])) from error
    except ValueError as error:  # the TOML file cannot be read
        raise WrongSetting(f"causerie.toml: {error}") from error


def _is_address(url: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0  # reading the port checks it
    except ValueError:
        return False


def _names_a_database(url: str) -> bool:
    return _is_address(url, "postgresql") and len(urlsplit(url).path) > 1


def _check_database_options(url: str) -> None:
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        known = _DATABASE_OPTIONS.get(name)
        if known is not None and value not in known:
            raise _refusal(f"{name} must be one of: {', '.join(sorted(known))}")


def _require(package: str, what: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise _refusal(f"{what} needs more packages: {sys.executable} -m pip install 'causerie[postgres,redis]'")


def _names() -> list[str]:
    return [field.upper() for field in Settings.model_fields]


def _no_such_setting(name: str) -> str:
    near = get_close_matches(name, _names(), n=1, cutoff=0.7)
    return "there is no such setting" + (f"; is {PREFIX}{near[0]} meant?" if near else "")


def _one_line(fault: ErrorDetails) -> str:
    name = ".".join(str(part) for part in fault["loc"]).upper()
    reason = _no_such_setting(name) if fault["type"] == "extra_forbidden" else fault["msg"]
    return f"{PREFIX}{name}: {reason}"
