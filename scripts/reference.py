"""Writes the reference pages that are made from the code: `python -m scripts.reference`; the tests compare them."""

import ast
import importlib
import inspect
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import Index, make_url
from sqlalchemy.schema import CreateIndex, CreateTable

import causerie
from causerie import config
from causerie.cli import app
from causerie.config import PREFIX, Settings
from causerie.db.base import Base
from causerie.db.upgrading import HEAD
from causerie.errors import CauserieError
from causerie.http import problems
from causerie.ops.metrics import METRICS, Metric
from causerie.realtime.asyncapi import CLOSE_CODES, document

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"


def settings_page() -> str:
    """Return every setting with its meaning and default."""
    rows = [(f"`{PREFIX}{name.upper()}`", meaning) for name, meaning in _documented_fields(Settings)]
    return _page(
        "Settings",
        f"Environment variables with the prefix `{PREFIX}`, or `causerie.toml` in the folder where the server starts "
        "(there by their names in small letters, without the prefix). Variables win; an empty one counts as absent. A "
        "setting that cannot be used, or that there is not, stops the start with one line that names it.",
        _table(("setting", "meaning"), rows),
    )


def commands_page() -> str:
    """Return every command with its arguments and options."""
    command: Any = typer.main.get_command(app)
    parts = [_command(name, found) for name, found in _commands(command, "causerie")]
    return _page(
        "Commands",
        "After `make serve` the command is `.venv/bin/causerie`. Exit status: 0 done, 1 failed, 2 wrong setting or "
        "option, or an address or data folder that is in use.",
        *parts,
    )


def errors_page() -> str:
    """Return every code that a program may meet."""
    kinds: dict[str, list[type[CauserieError]]] = defaultdict(list)
    for error in sorted(_refusals(), key=lambda kind: (len(kind.__mro__), kind.__module__, kind.__name__)):
        kinds[error.code].append(error)
    rows = [
        (f"`{code}`", str(found[0].status), "yes" if found[0].retryable else "no", found[0].title, _when(found))
        for code, found in sorted(kinds.items())
    ]
    return _page(
        "Errors",
        "Refused requests are `application/problem+json` (RFC 9457), and `error` frames have the same members: `type`, "
        "`title`, `status`, `code`, `detail`, `request_id`, `retryable`, and `errors` for faults of the input. "
        "Programs decide by `code`; the sentence in `detail` is for people. A reply that failed has `code`, `title`, "
        "`detail` and `retryable` in its `error`.",
        _table(("code", "status", "retryable", "title", "when"), rows),
        "What the framework refuses by itself has the status' phrase as code, such as `method_not_allowed`.",
        "## Faults of the input",
        "Each entry of `errors` has `pointer` (a JSON pointer into the body, or `?name` for the query), `detail` and a "
        "`code`. Where all faults have one code, the problem has it too.",
        _table(("code",), [(f"`{code}`",) for code in sorted(_field_codes())]),
    )


def frames_page() -> str:
    """Return every frame of the socket with its fields."""
    described = document()
    messages, schemas = described["components"]["messages"], described["components"]["schemas"]
    parts: list[str] = []
    for operation in ("receive", "send"):
        found = described["operations"][operation]
        parts.append(f"## {found['summary']}")
        for reference in found["messages"]:
            message = messages[reference["$ref"].rsplit("/", 1)[1]]
            schema = schemas[message["payload"]["$ref"].rsplit("/", 1)[1]]
            parts += [f"### `{message['name']}`", message["summary"], _fields(schema)]
    closes = [(str(code), meaning) for code, meaning in sorted(CLOSE_CODES.items())]
    return _page(
        "Frames",
        "JSON text frames on `/ws`; the event streams send the server's ones too. `docs/asyncapi.yaml` has the whole "
        "shapes.",
        *parts,
        "## Close codes",
        _table(("code", "why"), closes),
    )


def metrics_page() -> str:
    """Return every figure of `/metrics`."""
    rows = [
        (f"`{metric.name}{'_total' if metric.kind == 'counter' else ''}`", metric.kind, _labels(metric), metric.meaning)
        for metric in METRICS
    ]
    return _page(
        "Metrics",
        "`GET /metrics` in Prometheus' text format, told on the server's own machine only and not through a proxy. "
        "Each web node tells its own figures, and of all workers what the database knows: they have no port. "
        "Labels never name a user, a session or a message; `worker` is the end of a worker's id.",
        _table(("metric", "kind", "labels", "meaning"), rows),
        "Beside them stand the library's `process_*` figures of the node's process: CPU seconds, memory, open files.",
    )


def database_schema() -> str:
    """Return the newest schema as PostgreSQL's DDL; the tests compare it with what the migrations make."""
    list(_modules())
    dialect = make_url("postgresql://").get_dialect()()
    tables = Base.metadata.sorted_tables
    indexes = sorted((index for table in tables for index in table.indexes), key=_index_name)
    statements = [str(CreateTable(table).compile(dialect=dialect)) for table in tables]
    statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    head = f"-- The schema of revision {HEAD}, as PostgreSQL has it. Made from the code: `make docs`."
    return head + "\n\n" + "\n\n".join(_tidy(statement) + ";" for statement in statements) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "frames.md": frames_page,
    "metrics.md": metrics_page,
    "database_schema.sql": database_schema,
}


def main() -> None:
    """Write all pages."""
    for name, made in PAGES.items():
        (REFERENCE / name).write_text(made(), encoding="utf-8")


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", "<!-- Made from the code: `make docs`. -->", *parts)) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _documented_fields(settings: type[Settings]) -> Iterator[tuple[str, str]]:
    """Yield each field with the text below it; a field without one is an error."""
    tree = ast.parse(inspect.getsource(config))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == settings.__name__)
    texts = {
        field.target.id: below.value.value
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }
    for name in settings.model_fields:
        yield name, " ".join(texts[name].split())


def _labels(metric: Metric) -> str:
    return ", ".join(f"`{label}`" for label in metric.labels)


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        elif not command.hidden:
            yield f"{path} {name}", command


def _command(path: str, command: Any) -> str:
    arguments = [part for part in command.params if part.param_type_name == "argument"]
    options = [part for part in command.params if part.param_type_name == "option" and part.name != "help"]
    usage = " ".join([path, *(part.name.upper() for part in arguments)])
    rows = [(f"`{part.name.upper()}`", part.help or "") for part in arguments]
    for option in options:
        names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
        shown = option.default is not None and not callable(option.default)
        default = f" Default: {_default(option)}." if shown else ""
        rows.append((names, (option.help or "") + default))
    table = [_table(("argument or option", "meaning"), rows)] if rows else []
    return "\n\n".join([f"## `{usage}`", command.help, *table])


def _default(option: Any) -> str:
    if option.secondary_opts:
        return f"`{(option.opts if option.default else option.secondary_opts)[0]}`"
    return "off" if option.default is False else str(option.default)


def _refusals() -> Iterator[type[CauserieError]]:
    list(_modules())
    found: list[type[CauserieError]] = CauserieError.__subclasses__()
    for kind in found:
        found += [below for below in kind.__subclasses__() if below not in found]
    return (kind for kind in found if kind.__module__.startswith("causerie."))


def _when(kinds: list[type[CauserieError]]) -> str:
    """Return the first paragraphs of those that brought the code up; who inherits it says more than it means."""
    texts = [(inspect.getdoc(kind) or "").split("\n\n")[0] for kind in kinds if "code" in vars(kind)]
    return " ".join(" ".join(texts).split())


def _field_codes() -> set[str]:
    """Return the codes of the validation's faults and of those that the code finds by itself."""
    codes = {"invalid", "wrong_type", *problems._CODES.values()}  # noqa: SLF001 (of its own no other module needs them)
    for file in Path(causerie.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FieldError":
                given = {word.arg: word.value for word in node.keywords}.get("code")
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    codes.add(given.value)
    return codes


def _fields(schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (f"`{name}`", _kind(field), "yes" if name in required else "no")
        for name, field in schema["properties"].items()
        if name != "type"
    ]
    return _table(("field", "kind", "always there"), rows) if rows else "No fields of its own."


def _kind(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[1]
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if found := field.get("anyOf") or field.get("allOf"):
        return " or ".join(_kind(one) for one in found)
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    return str(field.get("format") or field.get("type") or "any")


def _modules() -> Iterator[Any]:
    """Import and yield every module of the package but those that are programs."""
    for module in pkgutil.walk_packages(causerie.__path__, "causerie."):
        last = module.name.rpartition(".")[2]
        if last not in {"__main__", "child", "picture_process", "env"}:
            yield importlib.import_module(module.name)


def _index_name(index: Index) -> str:
    return str(index.name)


def _tidy(statement: str) -> str:
    lines = (line.rstrip().replace("\t", "  ") for line in statement.strip().splitlines())
    return "\n".join(line for line in lines if line)


if __name__ == "__main__":
    main()
