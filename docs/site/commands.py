"""The directive `commands`: a section for each command of the program, as Python calls it."""
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import afterimage
from afterimage.commands import Command


def definitions(command, skipped):
    """The options as a definition list, without those in `skipped`."""
    out = nodes.definition_list()
    for argument in command.arguments:
        if argument["name"] in skipped:
            continue
        about = nodes.definition("", nodes.paragraph(text=argument["help"]))
        out += nodes.definition_list_item(
            "", nodes.term("", "", nodes.literal(text=argument["python"]),
                           nodes.Text(" (needed)" if argument["required"] else "")), about)
    return out


class Commands(SphinxDirective):
    def section(self, name, command, skipped):
        made = nodes.section("", nodes.title("", "", nodes.literal(text=f"afterimage.{name}")),
                             ids=[nodes.make_id(f"command-{name}")])
        made += nodes.paragraph(text=command.__doc__.split("\n", 1)[0])
        made += definitions(command, skipped)
        for key, sub in vars(command).items():
            if isinstance(sub, Command):
                made += self.section(f"{name}.{key}", sub, skipped)
        return made

    def run(self):
        """What every command has stands once, in front."""
        commands = {name: afterimage.commands.find(name) for name in afterimage.commands.names()}
        shared = set.intersection(*({one["name"] for one in command.arguments}
                                    for command in commands.values()))
        first = next(iter(commands.values()))
        everywhere = nodes.section("", nodes.title(text="Options of every command"),
                                   ids=["options-of-every-command"])
        everywhere += definitions(first, {one["name"] for one in first.arguments} - shared)
        return [everywhere, *(self.section(name, command, shared)
                              for name, command in commands.items())]


def setup(app):
    app.add_directive("commands", Commands)
