"""The command line. What is heavy is imported inside the commands, so that `--help` answers at once."""

import gc
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import unquote, urlsplit

import typer

from causerie import __version__
from causerie.config import PREFIX, Settings, WrongSetting, load_settings
from causerie.logging import configure_logging

EXIT_FAILED = 1
EXIT_WRONG_SETTING = 2

Concurrency = Annotated[int, typer.Option(min=1, max=100_000, help="Most replies at once.")]

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
    worker: Annotated[
        bool | None, typer.Option(help="Make replies in this process: by default with SQLite, not with PostgreSQL.")
    ] = None,
    concurrency: Concurrency = 512,
) -> None:
    """Serve the web app and the API until SIGTERM or Ctrl+C."""
    gc.disable()  # nothing that the imports make is garbage; the server switches it on again
    from causerie.app import create_app
    from causerie.db.errors import UnsafeRole
    from causerie.ops.data_folder import FolderInUse, only_server, prepare_folder
    from causerie.ops.serving import CannotListen, listen, run

    settings = _settings_of_a_process(host=host, port=port)
    embedded = settings.database_file is not None
    try:
        if embedded and worker is False:
            raise WrongSetting("--no-worker: with SQLite one process does all; nobody else could make the replies")
        prepare_folder(settings)
        with only_server(settings.database_file):
            _migrate(settings)
            node = create_app(settings, concurrency=concurrency if worker or embedded else None)
            status = run(node, listen(settings.host, settings.port))
    except (WrongSetting, FolderInUse, CannotListen, UnsafeRole) as refusal:
        _give_up(str(refusal), EXIT_WRONG_SETTING)
    raise typer.Exit(status)


@app.command()
def worker(concurrency: Concurrency = 512) -> None:
    """Make replies beside web nodes, on PostgreSQL, until SIGTERM or Ctrl+C."""
    gc.disable()  # as in `serve`
    from causerie.aimodels.sealing import Sealer, master_key
    from causerie.db.errors import UnsafeRole
    from causerie.ops.data_folder import prepare_folder
    from causerie.ops.process import run
    from causerie.worker import work

    settings = _settings_of_a_process()
    try:
        if settings.database_file is not None:
            raise WrongSetting(
                "CAUSERIE_DATABASE_URL: with SQLite `causerie serve` does all; a worker needs PostgreSQL"
            )
        prepare_folder(settings)
        status = run(work(settings, Sealer(master_key(settings)), concurrency))
    except (WrongSetting, UnsafeRole) as refusal:
        _give_up(str(refusal), EXIT_WRONG_SETTING)
    raise typer.Exit(status)


@app.command()
def migrate(
    check: Annotated[bool, typer.Option(help="Only tell whether the schema is up to date; status 1 if not.")] = False,
) -> None:
    """Bring the database up to date, and verify it: SQLite after a backup, PostgreSQL as CAUSERIE_MIGRATION_URL."""
    from causerie.db.upgrading import HEAD
    from causerie.errors import CauserieError
    from causerie.ops.data_folder import FolderInUse, only_server, prepare_folder

    settings = _settings()
    try:
        prepare_folder(settings)
        if check:
            revision = _revision(settings)
            typer.echo(f"schema {revision or 'none'}, newest {HEAD}")
            raise typer.Exit(0 if revision == HEAD else EXIT_FAILED)
        backup = None
        if settings.database_file is None:
            _migrate_served(settings)
        else:
            with only_server(settings.database_file):
                backup = _migrate(settings)
    except WrongSetting as refusal:
        _give_up(str(refusal), EXIT_WRONG_SETTING)
    except (FolderInUse, CauserieError) as refusal:
        _give_up(str(refusal), EXIT_FAILED)
    typer.echo(f"schema {HEAD}" + (f", backup in {backup}" if backup else ""))


@app.command()
def doctor() -> None:
    """Look at folders, database, Redis, keys, model and web app, and say what is wrong."""
    from causerie.ops.doctor import examine

    findings = examine(_settings())
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.subject}: {finding.text}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else EXIT_FAILED)


@app.command()
def chaos(
    sessions: Annotated[int, typer.Option(min=1, help="How many sessions.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed plans the same faults and the same sayings.")] = 1,
    faults: Annotated[str | None, typer.Option(help="Names, separated by commas; all without it.")] = None,
    setup: Annotated[str, typer.Option(help="embedded, postgres, served, or all: one after the other.")] = "served",
    web: Annotated[int, typer.Option(min=1, help="Web nodes.")] = 3,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 3,
    report: Annotated[Path | None, typer.Option(help="A file for what was counted and found, as JSON.")] = None,
    keep: Annotated[Path | None, typer.Option(help="An empty folder for logs and data, which stay there.")] = None,
) -> None:
    """Try out what must hold while processes, servers and networks fail, on servers and in a folder of its own."""
    from causerie.chaos.needs import NeedsMore, require_drivers
    from causerie.chaos.plan import UnknownFault, wishes

    try:
        wanted = wishes(setup, faults, seed=seed, sessions=sessions, web=web, workers=workers)
        require_drivers()
        from causerie.chaos.command import try_out

        holds = try_out(wanted, report=report, keep=keep)
    except (UnknownFault, NeedsMore) as refusal:
        _give_up(str(refusal), EXIT_WRONG_SETTING)
    raise typer.Exit(0 if holds else EXIT_FAILED)


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


def _settings_of_a_process(**overrides: Any) -> Settings:
    from causerie.failpoints import UnknownFailpoint, arm

    settings = _settings(**overrides)
    try:
        arm(settings.failpoints)
    except UnknownFailpoint as refusal:
        _give_up(f"{PREFIX}FAILPOINTS: {refusal}", EXIT_WRONG_SETTING)
    return settings


def _migrate(settings: Settings) -> Path | None:
    from causerie.errors import CauserieError
    from causerie.ops.migrating import bring_up_to_date

    if settings.database_file is None:
        return None
    try:
        return bring_up_to_date(settings.database_file).backup
    except CauserieError as refusal:
        _give_up(refusal.detail, EXIT_FAILED)


def _migrate_served(settings: Settings) -> None:
    import asyncio

    from causerie.ops.migrating_postgres import migrate_postgres

    role = urlsplit(settings.database_url).username
    if settings.migration_url is None:
        raise WrongSetting(f"{PREFIX}MIGRATION_URL: is missing; the login of {PREFIX}DATABASE_URL may not migrate")
    if role is None:
        raise WrongSetting(f"{PREFIX}DATABASE_URL: names no user to grant the rights to")
    asyncio.run(migrate_postgres(settings.migration_url, unquote(role)))


def _revision(settings: Settings) -> str | None:
    if settings.database_file is not None:
        from causerie.ops.migrating import schema_revision

        return schema_revision(settings.database_file)
    import asyncio

    from causerie.ops.migrating_postgres import postgres_revision

    return asyncio.run(postgres_revision(settings.database_url))


def _give_up(sentence: str, status: int) -> NoReturn:
    typer.echo(f"causerie: {sentence}", err=True)
    raise typer.Exit(status)
