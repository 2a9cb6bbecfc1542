"""Every function that a unit of work runs, found in the package."""

import ast
import importlib
import inspect
import pkgutil
import types
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cache
from typing import Any

import causerie
from causerie.db.across import NOBODY
from causerie.db.database import Database
from causerie.db.work import Work
from causerie.generation.engine import Engine
from causerie.jobs.runner import JobRunner
from causerie.testing import ScriptedProvider
from causerie.trash import service as trash
from tests.isolation.estate import JOB
from tests.node import Node

DOORS = {"work", "work_lazily", "work_in_bulk", "read"}
"""The methods of a database that run a function of a `Work`."""

Function = Callable[..., Any]

SERVE_NO_USER = {
    "causerie.accounts.service.ensure_owner": "makes the first user",
    "causerie.ops.first_start._begin": "makes the first user",
    "causerie.ops.first_start._share_services": "makes what is everyone's",
    "causerie.aimodels.service.share": "makes what is everyone's",
    "causerie.ops.health.check_schema": "looks at the schema",
    "causerie.ops.health._fleet": "numbers of all users together, across users: tried by itself",
    "causerie.worker._epoch": "reads what is true of the whole installation",
    "causerie.worker.NoStarter.try_start": "does nothing",
    "causerie.generation.keeping.Keeper._keep": "the worker's own acts, of which one is across users: tried by itself",
    "causerie.generation.keeping.Keeper._write_sign": "the worker's own row",
    "causerie.generation.keeping.Keeper._remove": "the worker's own row",
}
"""Functions of a `Work` that serve no user."""


@cache
def functions() -> dict[str, Function]:
    """Return every function of the package that takes a `Work`, by its full name.

    Those are the public ones and, of the private ones, those that are given to a database. What is in `db/` is tried by
    itself.
    """
    found: dict[str, Function] = {}
    for module in _modules():
        given = _given_to_a_database(module)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == module.__name__
            if own and _takes_work(function) and (not name.startswith("_") or name in given):
                found[f"{module.__name__}.{name}"] = function
    return {name: function for name, function in found.items() if name not in SERVE_NO_USER}


@cache
def methods() -> set[str]:
    """Return every method of the package that takes a `Work`, those of protocols left out."""
    return {
        f"{kind.__module__}.{kind.__qualname__}.{name}"
        for module in _modules()
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and not getattr(kind, "_is_protocol", False)
        for name, function in inspect.getmembers(kind, inspect.isfunction)
        if function.__module__ == module.__name__ and _takes_work(function)
    } - SERVE_NO_USER.keys()


async def bound(name: str, database: Database) -> Function:
    """Return a function or, bound to an object of its own, a method of those names."""
    if name in functions():
        return functions()[name]
    kind, _, method = name.rpartition(".")
    function: Function = getattr(await MAKERS[kind](database), method)
    return function


async def _engine(database: Database) -> Engine:
    node = Node(database, NOBODY, NOBODY)
    return await node.engine(ScriptedProvider(["Hello."]), concurrency=100_000)


async def _job_runner(database: Database) -> JobRunner:
    return JobRunner(database, {JOB: trash.empty_slice})


MAKERS: Mapping[str, Callable[[Database], Awaitable[object]]] = {
    "causerie.generation.engine.Engine": _engine,
    "causerie.jobs.runner.JobRunner": _job_runner,
}
"""The objects whose methods run in units of work."""


def _modules() -> Iterator[types.ModuleType]:
    for module in pkgutil.walk_packages(causerie.__path__, "causerie."):
        if not module.name.startswith(("causerie.db.", "causerie.testing")) and not module.name.endswith("__main__"):
            yield importlib.import_module(module.name)


def _takes_work(function: Function) -> bool:
    return any(annotation in {Work, "Work"} for annotation in inspect.get_annotations(function).values())


def _given_to_a_database(module: types.ModuleType) -> set[str]:
    """Return the names that stand second in the calls of a database's doors."""
    tree = ast.parse(inspect.getsource(module))
    return {
        node.args[1].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in DOORS
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Name)
    }
