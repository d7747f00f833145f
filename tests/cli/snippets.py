"""The snippets of a page in Markdown: fenced blocks by language, indented blocks of commands."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

# What a line begins with that is typed in a shell; other indented blocks show files or drawings.
COMMANDS = {"afterimage", "cd", "cmake", "ctest", "git", "make", "pip"}


@dataclass
class Snippet:
    page: Path
    line: int       # of the page, from 1
    language: str   # "python", "toml", "matlab", ...; "shell" of a block of commands
    text: str

    def __str__(self):
        return f"{self.page.name}:{self.line}"

    def commands(self):
        """The commands of a shell block; a line that ends in \\ goes on in the next."""
        return [line for line in self.text.replace("\\\n", " ").split("\n") if line.strip()]


def snippets(page):
    """In the order of the page."""
    found, block, language, start = [], None, None, 0

    def close(kind):
        nonlocal block
        text = textwrap.dedent("\n".join(block)).strip("\n") + "\n"
        if kind != "indented":
            found.append(Snippet(page, start, kind, text))
        elif text.split()[0] in COMMANDS:
            found.append(Snippet(page, start, "shell", text))
        block = None

    for number, line in enumerate([*page.read_text().split("\n"), ""], 1):
        fence = re.match(r"\s*```(\w*)", line)
        if fence and language is None:
            language, block, start = fence[1] or "text", [], number + 1
        elif fence:
            close(language)
            language = None
        elif language is not None:
            block.append(line)
        elif re.match(r" {4,}\S", line) or (block is not None and line.startswith("    ")):
            if block is None:
                block, start = [], number
            block.append(line)
        elif block is not None:
            close("indented")
    return found
