"""The command line. What is heavy is imported inside the commands, so that `--help` answers at once."""

import gc
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from causerie import __version__
from causerie.config import Settings, WrongSetting, load_settings
from causerie.logging import configure_logging

EXIT_FAILED = 1
EXIT_WRONG_SETTING = 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show local variables, which may hold keys
    help="Causerie: a self-hosted chat platform for characters.",
)
model = typer.Typer(no_args_is_help=True, help="Local models.")
app.add_typer(model, name="model")


def main() -> None:
    """Run the command line."""
    app()


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if show:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (CAUSERIE_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port, 0 for any free one (CAUSERIE_PORT).")] = None,
    worker: Annotated[bool, typer.Option(help="Make replies in this process.")] = True,
    concurrency: Annotated[int, typer.Option(min=1, help="Most replies at once.")] = 512,
) -> None:
    """Serve the web app and the API until SIGTERM or Ctrl+C."""
    gc.disable()  # nothing that the imports make is garbage; the server switches it on again
    from causerie.app import create_app
    from causerie.ops.data_folder import FolderInUse, only_server, prepare_folder
    from causerie.ops.serving import CannotListen, listen, run

    settings = _settings(host=host, port=port)
    try:
        prepare_folder(settings)
        with only_server(settings.database_file):
            _migrate(settings)
            if not worker:
                raise WrongSetting("--no-worker: with SQLite one process does all; nobody else could make the replies")
            node = create_app(settings, concurrency=concurrency)
            status = run(node, listen(settings.host, settings.port))
    except (WrongSetting, FolderInUse, CannotListen) as refusal:
        _give_up(str(refusal), EXIT_WRONG_SETTING)
    raise typer.Exit(status)


@app.command()
def migrate(
    check: Annotated[bool, typer.Option(help="Only tell whether the schema is up to date; status 1 if not.")] = False,
) -> None:
    """Bring the database up to date: back up, migrate, verify."""
    from causerie.db.upgrading import HEAD
    from causerie.ops.data_folder import FolderInUse, only_server, prepare_folder
    from causerie.ops.migrating import schema_revision

    settings = _settings()
    prepare_folder(settings)
    if check:
        revision = schema_revision(settings.database_file)
        typer.echo(f"schema {revision or 'none'}, newest {HEAD}")
        raise typer.Exit(0 if revision == HEAD else EXIT_FAILED)
    try:
        with only_server(settings.database_file):
            backup = _migrate(settings)
    except FolderInUse as refusal:
        _give_up(str(refusal), EXIT_FAILED)
    typer.echo(f"schema {HEAD}" + (f", backup in {backup}" if backup else ""))


@app.command()
def doctor() -> None:
    """Look at folders, database, keys, model and web app, and say what is wrong."""
    from causerie.ops.doctor import examine

    findings = examine(_settings())
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.subject}: {finding.text}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else EXIT_FAILED)


@app.command(hidden=True)
def openapi() -> None:
    """Print the OpenAPI document."""
    import tempfile

    from causerie.app import create_app
    from causerie.http.documents import openapi_text

    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(openapi_text(create_app(Settings(data_dir=Path(folder)))))


@model.command("add")
def add_model(name: Annotated[str, typer.Argument(help="smollm2")]) -> None:
    """Fetch a local model, and check its size and hash."""
    from causerie.providers.local.install import ModelNotAdded, add

    try:
        add(name, _settings().data_dir, typer.echo)
    except ModelNotAdded as refusal:
        _give_up(refusal.detail, EXIT_FAILED)


def _settings(**overrides: Any) -> Settings:
    try:
        settings = load_settings(**overrides)
    except WrongSetting as refusal:
        _give_up(str(refusal), EXIT_WRONG_SETTING)
    configure_logging(settings.log_format)
    return settings


def _migrate(settings: Settings) -> Path | None:
    from causerie.db.errors import SchemaMismatch
    from causerie.ops.migrating import bring_up_to_date

    try:
        return bring_up_to_date(settings.database_file).backup
    except SchemaMismatch as refusal:
        _give_up(refusal.detail, EXIT_FAILED)


def _give_up(sentence: str, status: int) -> NoReturn:
    typer.echo(f"causerie: {sentence}", err=True)
    raise typer.Exit(status)
