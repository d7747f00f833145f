"""The site: docs/*.md, the notebooks and an API reference made of docstrings and of the program's
table of commands. `make site` builds it into build/site; nothing in it is loaded from elsewhere."""
import inspect
import os
import re
import sys
from pathlib import Path

import afterimage

sys.path.insert(0, str(Path(__file__).parent))

project = "Afterimage"
version = release = afterimage.__version__
extensions = ["sphinx.ext.autodoc", "myst_nb", "commands"]
exclude_patterns = ["site"]
html_theme = "furo"
html_title = "Afterimage"
html_copy_source = html_show_sourcelink = html_show_copyright = False

myst_heading_anchors = 4  # as on GitHub
highlight_language = "none"  # of indented blocks: what is typed in a shell
default_role = "code"

nb_execution_mode = "cache"  # notebooks that did not change are not run again
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of this Python, and no other

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 90


def parameters_as_definitions(app, what, name, object, options, lines):
    """`name: words` lines of a docstring, where it is a parameter, as entries of a definition list."""
    try:
        known = inspect.signature(object).parameters
    except (TypeError, ValueError):
        return
    out, inside = [], False
    for line in lines:
        entry = re.fullmatch(r"(\w+(?:, \w+)*): (.*)", line)
        if entry and set(entry[1].split(", ")) <= {*known, "options"}:
            out += [*([] if inside else [""]), f"``{entry[1]}``", f"    {entry[2]}"]
            inside = True
        else:
            ended = inside and not line.startswith("    ")
            out += ["", line] if ended else [line]
            inside = inside and not ended
    lines[:] = out


def setup(app):
    app.connect("autodoc-process-docstring", parameters_as_definitions)
