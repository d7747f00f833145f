"""Reads the program's table of its commands: what `commands` makes functions of and make_stubs.py
makes types of. Imports nothing of the package."""
import inspect
import keyword


def python_name(name):
    """The name in Python of a command or option: --test-blocks is test_blocks, import is import_."""
    name = name.lstrip("-").replace("-", "_").replace(".", "_")
    return name + "_" if keyword.iskeyword(name) else name


def parameters(command):
    """The parameters of a command's function; notes their names in its table, as "python"."""
    kinds = inspect.Parameter
    first, rest = [], []
    for argument in command["arguments"]:
        argument["python"] = python_name(argument["name"])
        kind = kinds.POSITIONAL_OR_KEYWORD if argument["positional"] else kinds.KEYWORD_ONLY
        default = kinds.empty if argument["required"] and argument["positional"] else None
        (first if argument["positional"] else rest).append(
            kinds(argument["python"], kind, default=default))
    first.sort(key=lambda one: one.default is None)
    return [*first, *rest, kinds("progress", kinds.KEYWORD_ONLY, default=True)]


def document(command):
    """The docstring of a command's function."""
    lines = [command["summary"][:1].upper() + command["summary"][1:] + ".", ""]
    for argument in command["arguments"]:
        lines.append(f"{python_name(argument['name'])}: {argument['help']}")
    lines.append("progress: show how far it is")
    return "\n".join(lines)
