"""The types of the package: a type checker takes what works and refuses what does not."""
import ast
import subprocess
import sys
from pathlib import Path

import pytest

import afterimage as ai

PACKAGE = Path(ai.__file__).parent

GOOD = """
from pathlib import Path

import numpy as np
import torch

import afterimage as ai

recording = ai.Recording("mine.h5")
decoder = ai.Decoder("tuned", training={"steps": 600}).fit(recording)
result = decoder.reconstruct(recording)
scores = ai.evaluate(result, metrics=["ssim"], progress=False)
value: float = scores["tuned", "ssim"]
ai.report(recording, result, scores, decoder).save("report.html")
simulated: Path = ai.simulate(images="photos", out="r.h5", scale=0.1, train_trials=40)
ai.train("ridge", recording=simulated, out="m", set={"lambda": 10})
ai.analyse.occlusion(decoder, recording, out="o")
ai.import_.digit69("x.mat", out="d.h5", rois=["V1"])
said: str = ai.info(simulated)
images: np.ndarray = decoder.predict(recording.responses("test"))
tensor: torch.Tensor = decoder.predict(torch.zeros(1, 2))
front = ai.nn.Projection("attention", recording.sensors, bins=1, side=32, features=4)
torch.nn.Sequential(front, ai.nn.UNet(front.channels, width=8))
try:
    ai.Recording("none.h5")
except ai.Error as error:
    print(error)
"""

BAD = {
    'ai.simulate(images="photos", out="r.h5", scael=0.1)': 'argument "scael" for "simulate"',
    'ai.simulate(images="photos", out="r.h5", scale="a")': '"scale" to "simulate" has incompatible type',
    'ai.simulate(out="r.h5")': 'Missing named argument "images"',
    'ai.list("metric")': "incompatible type",
    'ai.import_.digit69("x.mat", out="d.h5", roi=["V1"])': 'argument "roi" for "digit69"',
    'ai.evaluate("i.h5", metric=["ssim"])': 'argument "metric" for "evaluate"',
    'ai.Decoder("tuned", trainig={})': 'argument "trainig" for "Decoder"',
    'ai.Decoder("tuned", seed="one")': '"seed" to "Decoder" has incompatible type',
    'ai.Recording("r.h5").responses(spilt="test")': 'argument "spilt" for "responses"',
    'ai.trian("ridge")': 'no attribute "trian"',
}


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mypy")
    (folder / "mypy.ini").write_text(f"""[mypy]
mypy_path = {PACKAGE.parent}
[mypy-torch.*]
follow_imports = skip
[mypy-pandas.*,sklearn.*,tqdm.*,xarray.*]
ignore_missing_imports = True
""")

    def run(*arguments):
        return subprocess.run([sys.executable, "-m", "mypy", "--config-file", folder / "mypy.ini",
                               "--cache-dir", folder / "cache", "--no-error-summary", *arguments],
                              cwd=folder, capture_output=True, text=True)
    return folder, run


def test_a_type_checker_takes_the_package_and_an_example(mypy):
    folder, run = mypy
    package = run("-p", "afterimage")
    assert package.returncode == 0, package.stdout + package.stderr
    (folder / "good.py").write_text(GOOD)
    example = run("good.py")
    assert example.returncode == 0, example.stdout + example.stderr


def test_a_type_checker_refuses_what_would_be_refused(mypy):
    folder, run = mypy
    (folder / "bad.py").write_text("\n".join(["import afterimage as ai", *BAD]))
    said = run("bad.py").stdout.split("\n")
    for number, (code, words) in enumerate(BAD.items(), 2):
        assert any(line.startswith(f"bad.py:{number}: error:") and words in line for line in said), \
            f"{code}: {said}"


def test_the_types_are_those_of_the_commands():
    """Every command with every parameter, in this order."""
    declared = {}
    for node in ast.parse((PACKAGE / "__init__.pyi").read_text()).body:
        if isinstance(node, ast.FunctionDef):
            declared[node.name] = node
        elif isinstance(node, ast.ClassDef):
            name = node.name.removeprefix("_")
            declared.update({name if one.name == "__call__" else f"{name}.{one.name}": one
                             for one in node.body})
    commands = {}
    for name in ai.commands.names():
        command = ai.commands.find(name)
        commands[name] = command
        commands.update({f"{name}.{key}": one for key, one in vars(command).items()
                         if isinstance(one, ai.commands.Command)})
    assert declared.keys() == commands.keys()
    for name, node in declared.items():
        star = [node.args.vararg] if node.args.vararg else []
        names = [one.arg for one in (*node.args.args, *star, *node.args.kwonlyargs) if one.arg != "self"]
        assert names == list(commands[name].__signature__.parameters), name
