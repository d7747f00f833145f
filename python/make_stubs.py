"""Writes the types of the package, __init__.pyi: make_stubs.py COMMANDS.json OUT

The commands are made of the program's table when the package is imported, which no type checker
does: their types are made here, of the same table, when the package is built. What else the package
has is typed where it stands, in its own files; HEAD names it.
"""
import importlib.util
import inspect
import json
import sys
import textwrap
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "table", Path(__file__).parent / "afterimage/_table.py")  # without the package, which needs torch
table = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(table)

HEAD = """# Made by make_stubs.py of the program's table of commands.
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from . import commands as commands, nn as nn
from ._core import Error as Error
from .decoder import Decoder as Decoder
from .recording import Recording as Recording
from .results import Reconstruction as Reconstruction, Report as Report, Scores as Scores

__version__: str
examples: Path

_Word: TypeAlias = str | os.PathLike[str] | float  # what is one word on a command line
"""

# Commands that give more than a path or what was printed; of these, what they are given first is
# any number of arguments, and these options have a default in Python (results.py).
MADE = {"evaluate": ("Scores", {"recording", "out"}), "report": ("Report", {"out"})}


def type_of(argument):
    kind, _, several = argument["type"].partition(",")
    if kind == "flag" or kind == "true|false":
        return "bool"
    if kind == "key=value":
        return "Mapping[str, Any] | Sequence[str]"
    if kind.startswith("text:{"):
        names = argument["type"].removeprefix("text:{").removesuffix("}").split(",")
        return f"Literal[{', '.join(map(json.dumps, names))}]"
    one = {"text": "_Word", "number": "float", "int": "int"}[kind]
    return f"{one} | Sequence[{one}]" if several or argument["several"] else one


def words_of(command):
    """The parameters, as they are written."""
    several, optional = command["name"] in MADE, MADE.get(command["name"], (None, ()))[1]
    arguments = {table.python_name(one["name"]): one for one in command["arguments"]}
    positional, named = [], []
    for parameter in table.parameters(command)[:-1]:
        name, argument = parameter.name, arguments[parameter.name]
        needed = argument["required"] and name not in optional
        word = f"{name}: {type_of(argument)}" + ("" if needed else " | None = None")
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            named.append(word)
        else:
            positional.append(f"*{name}: _Word" if several else word)
    return [*positional, *([] if several else ["*"]), *named, "progress: bool = True"]


def declaration(command, name, method=False):
    """One command as a function, or as a method of the class that stands for the command above."""
    out = [one for one in command["arguments"] if one["name"] == "--out"]
    back = "str" if not out else "Path" if out[0]["required"] else "Path | str"
    words = ["self"] * method + words_of(command)
    document = table.document(command).replace("\\", "\\\\")
    text = (f"def {name}(\n" + "".join(f"    {word},\n" for word in words)
            + f") -> {MADE.get(command['name'], (back,))[0]}:\n"
            + textwrap.indent(f'"""{document}\n"""\n...\n', "    "))
    return textwrap.indent(text, "    ") if method else text


def stubs(commands):
    text = HEAD
    for command in commands:
        name = table.python_name(command["name"])
        if not command["commands"]:
            text += "\n" + declaration(command, name)
            continue
        text += f"\nclass _{name}:\n" + declaration(command, "__call__", method=True)
        for sub in command["commands"]:
            text += declaration(sub, table.python_name(sub["name"]), method=True)
        text += f"\n{name}: _{name}\n"
    return text


if __name__ == "__main__":
    source, out = map(Path, sys.argv[1:])
    out.write_text(stubs(json.loads(source.read_text())))
