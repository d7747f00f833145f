"""Published decoders: their configurations say what papers and code say (tests/reference/published.toml)."""
import re
import tomllib

import pytest
from conftest import SOURCE, run_program

TABLE = tomllib.loads((SOURCE / "tests/reference/published.toml").read_text())
# Those of one paper share the group's values.
CONFIGS = {name: [group, name] for group, names in {
    "monkeysee": ["monkeysee-spatial", "monkeysee-spatiotemporal", "monkeysee-end-to-end", "monkeysee-baseline"],
    "irfa": ["irfa-4", "irfa-16", "irfa-32", "irfa-64"],
}.items() for name in names}
CONFIGS |= {"brain2pix": ["brain2pix-all", "brain2pix-unet", "brain2pix"],
            "brain2pix-learned": ["brain2pix-all", "brain2pix-unet", "brain2pix-learned"],
            "fully-connected": ["brain2pix-all", "fully-connected"],
            "shen-brain2pix": ["brain2pix-all", "brain2pix-unet", "shen-brain2pix"],
            "shen": ["shen-all"], "shen-2019": ["shen-all", "shen-2019"]}


def published(name):
    return {key: value for group in CONFIGS[name] for key, value in TABLE[group].items()}


def options(name):
    """What the program would use, defaults and all."""
    text = run_program("train", "--options", name, check=True).stdout
    return dict(re.findall(r"^(\S+) = (.*)$", text, re.MULTILINE))


def same(used, value):
    if isinstance(value, bool):
        return used == str(value).lower()
    if isinstance(value, str):
        return used == value
    return float(used) == value


@pytest.mark.parametrize("name", CONFIGS)
def test_values_are_those_published(name):
    used = options(name)
    for key, (value, source) in published(name).items():
        assert same(used[key], value), f"{name}: {key} is {used[key]}, and {source} has {value}"


@pytest.mark.parametrize("name", CONFIGS)
def test_what_a_configuration_attributes_is_in_the_table(name):
    """A value said to be the paper's or the code's must have its source, one said to be ours none."""
    table, text = "", (SOURCE / f"configs/{name}.toml").read_text()
    for line in text.splitlines():
        if line.startswith("["):
            table = line.strip("[]") + "."
        found = re.match(r"(\S+) = .*?# (paper|code|ours)\b", line)
        if found:
            key = table + found[1]
            assert (key in published(name)) == (found[2] != "ours"), f"{name}: {key} is {found[2]}"


def test_every_source_is_named():
    for group, values in TABLE.items():
        for key, (_, source) in values.items():
            assert source.startswith(("paper", "code")), f"{group}: {key}"


def test_taps_of_vgg19_are_convolutions():
    """Before their rectifier: the last of the modules the codes slice off."""
    convolutions, place = [], 0
    for count in [2, 2, 4, 4, 4]:  # torchvision's VGG19: (convolution, ReLU) x count, pooling
        convolutions += [f"features.{place + 2 * i}" for i in range(count)]
        place += 2 * count + 1
    for group, expected in [("monkeysee", [3, 6, 9, 12, 15]), ("irfa", [3, 6, 9, 12, 15]), ("brain2pix-all", [9])]:
        assert TABLE[group]["objective.layers"][0].split(",") == [convolutions[i] for i in expected]


def test_the_discriminator_of_irfa_learns_at_its_own_rate():
    used = options("irfa-16")
    rate = float(used["training.learning_rate"]) * float(used["optimiser.discriminator_rate"])
    assert rate == pytest.approx(1e-4, rel=1e-9)
