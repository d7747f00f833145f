"""The program's commands as functions, made of the table the program prints of itself
(`afterimage list commands --json`), so that names, options and defaults are declared once."""
import inspect
import json
import os
from functools import cache
from pathlib import Path

from . import _program
from ._table import document, parameters, python_name

_TABLE = Path(__file__).parent / "commands.json"


def words(value):
    """What a value is on a command line: 600 is ["600"], {"training": {"steps": 600}} is
    ["training.steps=600"]."""
    if isinstance(value, dict):
        return [f"{key}={','.join(words(entry))}" for key, entry in flat(value).items()]
    if isinstance(value, (list, tuple)):
        return [word for entry in value for word in words(entry)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [os.fspath(value) if hasattr(value, "__fspath__") else str(value)]


def flat(settings, prefix=""):
    """{"training": {"steps": 600}} as {"training.steps": 600}."""
    out = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            out.update(flat(value, f"{prefix}{key}."))
        else:
            out[prefix + key] = value
    return out


def _arguments(command, given):
    line = []
    for argument in command["arguments"]:
        value = given.get(argument["python"])
        if value is None or (argument["type"] == "flag" and not value):
            continue
        if argument["positional"]:
            line += words(value)
        elif argument["type"] == "flag":
            line.append(argument["name"])
        else:
            for word in words(value):
                line += [argument["name"], word]
    return line


class Command:
    """One command of the program. Calling it gives the path of what it made (`out`), or what it
    printed."""

    def __init__(self, table, before=()):
        self._path = (*before, table["name"])
        self._table = table
        self.__name__ = python_name(table["name"])
        self.__signature__ = inspect.Signature(parameters(table))
        self.__doc__ = document(table)
        for sub in table["commands"]:
            setattr(self, python_name(sub["name"]), Command(sub, self._path))

    def __call__(self, *positional, **named):
        bound = self.__signature__.bind(*positional, **named)
        given = bound.arguments
        output = _program.run(
            [*self._path, *_arguments(self._table, given),
             *([] if given.get("progress", True) else ["--quiet"])],
            show=given.get("progress", True))
        out = given.get("out")
        return output if out is None else Path(os.fspath(out))

    @property
    def arguments(self):
        """[{"name", "python", "help", "required", ...}] as the program declares them."""
        return self._table["arguments"]

    def __repr__(self):
        return f"<afterimage {' '.join(self._path)}>"


@cache
def _all():
    table = json.loads(_TABLE.read_text())
    return {python_name(entry["name"]): Command(entry) for entry in table}


def names() -> list[str]:
    """Python names of all commands: those of the command line, and `import_`."""
    return list(_all())


def find(name: str) -> "Command":
    """The command of this Python name; AttributeError where there is none."""
    if name.startswith("__") or name not in _all():
        raise AttributeError(f"module 'afterimage' has no attribute '{name}'")
    return _all()[name]
