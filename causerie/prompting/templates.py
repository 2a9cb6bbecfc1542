"""The words that Causerie itself puts into a prompt: one file each in `templates/`, filled by `string.Template`."""

from importlib.resources import files
from string import Template


def _read(name: str) -> Template:
    return Template((files(__package__) / "templates" / f"{name}.txt").read_text("utf-8").rstrip("\n"))


SYSTEM = _read("system")
SYSTEM_ALONE = _read("system_alone")
PERSONA = _read("persona")
DESCRIPTION = _read("description")
PERSONALITY = _read("personality")
SCENARIO = _read("scenario")
EXAMPLE = _read("example")
WORLD_TIME = _read("world_time")
INSTRUCTION = _read("instruction")
PROCEED = _read("proceed")
CONTINUE = _read("continue")
TINY_SYSTEM = _read("tiny_system")
TINY_SYSTEM_ALONE = _read("tiny_system_alone")
TINY_GREETED = _read("tiny_greeted")
TINY_SUFFIX = _read("tiny_suffix")
TINY_SUFFIX_ALONE = _read("tiny_suffix_alone")
