"""Every table that is mapped, found by importing every module of the package that holds models."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import causerie
from causerie.db.base import Base, MaybeOwned, Owned, table_of


def modules_named(name: str) -> Iterator[ModuleType]:
    """Import and yield every module of the package that is called `name`."""
    for module in pkgutil.walk_packages(causerie.__path__, "causerie."):
        if module.name.rpartition(".")[2] == name:
            yield importlib.import_module(module.name)


def models() -> list[type[Base]]:
    """Return every mapped class, by the name of its table."""
    for name in ("models", "installation"):
        list(modules_named(name))
    found = [mapper.class_ for mapper in Base.registry.mappers]
    return sorted(found, key=lambda model: table_of(model).name)


OWNED = [model for model in models() if issubclass(model, Owned)]
MAYBE_OWNED = [model for model in models() if issubclass(model, MaybeOwned)]
UNOWNED = [model for model in models() if not issubclass(model, Owned | MaybeOwned)]
