"""How test_docs.py plays each page of the docs: what lies in the folder, what is shorter, what is left
out and why."""

import json
import shutil
import sys
from dataclasses import dataclass, field
from typing import Callable

import h5py
import numpy as np

from browser import Browser, find_chromium
from conftest import (SOURCE, coarse_images, run_program, write_image_folder, write_png,
                      write_recording)

FIXTURES = SOURCE / "tests/reference/importers"
sys.path.insert(0, str(FIXTURES))


@dataclass
class Scene:
    """How a page is played: what lies in the folder, what is shorter, what is left out."""
    prepare: Callable = lambda folder: None
    given: Callable = lambda: {}                  # names that the page's Python expects
    shorter: dict = field(default_factory=dict)   # words of commands and Python -> what stands for them
    skipped: dict = field(default_factory=dict)   # how a command or a language begins -> why
    tomls: list = field(default_factory=list)     # what becomes of each TOML file: toml(folder, text)
    before: dict = field(default_factory=dict)    # how a command begins -> what is done before it
    after: Callable = None                        # after(folder, names) judges what came of it


FEW_STEPS = "--set training.steps=2 --set unet.width=4 --set objective.fallback=squeezenet"
TINY = ["--set", "data.image_size=32", "--set", "unet.width=4", "--set", "unet.blocks=2",
        "--set", "objective.perceptual=0", "--set", "training.steps=20", "--quiet"]
SMALL_BRAIN = "--scale .1 --image-size 64 --train-trials 40 --test-images 8 --test-repeats 2"


def recording(name, **options):
    return lambda folder: write_recording(folder / name, **options)


def minddiffuser_files(folder):
    """A recording with captions, and a checkpoint where one is looked for."""
    write_recording(folder / "subj01.h5", train=12, test=3, size=32, sensors=20)
    with h5py.File(folder / "subj01.h5", "a") as file:
        file["stimuli/caption"] = [f"picture number {i}" for i in range(15)]
    shutil.copytree(SOURCE / "tests/reference/diffusion/pipeline", folder / "weights/tiny")


TINY_CHECKPOINT = "--weights weights --quiet"
TINY_STACK = {
    "--layers z --split train --image-size 512": f"--layers z --split train --image-size 32 {TINY_CHECKPOINT}",
    "--split train --image-size 512 --out c.h5": f"--split train --image-size 32 {TINY_CHECKPOINT} --out c.h5",
    "--set features=z.h5,c.h5":
        f"--set features=z.h5,c.h5 {TINY_CHECKPOINT} --set data.image_size=32 --set generate.steps=4 --set "
        "generate.denoised_steps=2 --set generate.noised_to=1 --set refine.network=squeezenet --set "
        "refine.iterations=2 --set refine.layer_weights=1,1,1,1,1,1,1 --set regression.lambdas=10",
    "--png images --probes none": f"--png images --probes none {TINY_CHECKPOINT}",
    "--mask FOLDER/nsddata/ppdata/subj01/func1pt8mm/roi/nsdgeneral.nii.gz": TINY_CHECKPOINT}


def readme_arrays():
    rng = np.random.default_rng(1)
    images = coarse_images(70, 64, rng)
    shown = np.r_[0:60, np.repeat(np.arange(60, 70), 2)]
    x, y = rng.uniform(0.1, 0.9, (2, 50))
    size = np.full(50, 0.1)
    brightness = images[shown].mean(3)[:, (y * 64).astype(int), (x * 64).astype(int)]
    responses = brightness[:, :, None] + rng.normal(size=(80, 50, 1))
    return {"images": images, "shown": shown, "split": ["train"] * 60 + ["test"] * 20,
            "responses": responses, "x": x, "y": y, "size": size}


def readme_worked(folder, names):
    assert len(list((folder / "images").glob("*.png"))) == 10
    assert (folder / "scores.csv").exists()
    if find_chromium():
        browser = Browser()
        browser.open(folder / "report.html")
        assert browser.evaluate("document.querySelectorAll('#image-table tbody tr').length") == 10
        browser.close()


def report_files(folder):
    write_recording(folder / "recording.h5", size=32, sensors=30)
    (folder / "models").mkdir()
    run_program("train", "ridge", "--recording", "recording.h5", "--out", "models/brain2pix", "--set",
                "data.image_size=32", "--quiet", cwd=folder, check=True)
    run_program("reconstruct", "models/brain2pix", "recording.h5", "--out", "reconstruction.h5",
                "--quiet", cwd=folder, check=True)
    run_program("evaluate", "reconstruction.h5", "--recording", "recording.h5", "--out", "scores.json",
                "--quiet", cwd=folder, check=True)


def fields_files(folder):
    def film(f):
        f["stimuli"].attrs["frames_per_second"] = 10.0
    write_recording(folder / "recording.h5", train=80, size=32)
    write_recording(folder / "film.h5", train=60, size=32, change=film)


def run_plan(folder, text):
    """A smaller run of the plan."""
    small = text.replace("training.steps = 600", "training.steps = 2\ndata.image_size = 32\n"
                         "unet.blocks = 2\nunet.width = 4").replace("[1, 2, 3]", "[1]")
    assert small != text
    (folder / "plan.toml").write_text(small)
    run_program("study", "plan.toml", "--out", "study", "--quiet", cwd=folder, check=True)
    assert (folder / "study/summary").is_dir()


def irf_files(folder):
    write_recording(folder / "recording.h5", size=32, sensors=30)
    run_program("train", "irfa", "--recording", "recording.h5", "--out", "irfa", *TINY, cwd=folder,
                check=True)
    run_program("analyse", "irf", "irfa", "recording.h5", "--out", "irf", "--quiet", cwd=folder,
                check=True)


def tuned_files(folder):
    write_recording(folder / "recording.h5", size=32, sensors=30)
    run_program("train", "tuned", "--recording", "recording.h5", "--out", "tuned", *TINY, cwd=folder,
                check=True)


def digit_files(folder):
    run_program("import", "digit69", SOURCE / "assets/examples/digit69/digit69_28x28.mat", "--out",
                "digits.h5", "--quiet", cwd=folder, check=True)


# docs/importing.md: files in each laboratory's layout, made by tests/reference/importers.

def importing_files(folder):
    rng = np.random.default_rng(1)
    np.save(folder / "responses.npy", rng.normal(size=(70, 5)).astype(np.float32))
    write_image_folder(folder / "photos", 70, 64)
    shutil.copytree(SOURCE / "assets/examples/digit69", folder / "assets/examples/digit69")
    write_recording(folder / "recording.h5", test=12, repeats=4, noise=0.05)


def the_recipe(folder, text):
    (folder / "mine.toml").write_text(text)


ONE_BIN = "bin_start_ms = 0\nbin_stop_ms = 4000"


def lines_of_a_table(prepare, *others):
    """Lines of a TOML file, which has `others` besides."""
    def play(folder, text):
        prepare(folder)
        (folder / "other.toml").write_text("\n".join([*others, text]))
        run_program("import", "table", "other.toml", "--out", "other.h5", "--force", "--quiet",
                    cwd=folder, check=True)
    return play


def turned_files(folder):
    shutil.copy(FIXTURES / "table/turned.mat", folder / "data.mat")
    with h5py.File(folder / "data.h5", "w") as f:
        f["stimuli"] = coarse_images(7, 16, np.random.default_rng(1)).transpose(0, 3, 1, 2)


def files_of_two_splits(folder):
    rng = np.random.default_rng(1)
    for split, count in [("train", 12), ("test", 4)]:
        np.save(folder / f"{split}.npy", rng.normal(size=(count, 5)).astype(np.float32))
        for i, image in enumerate(coarse_images(count, 16, rng)):
            (folder / f"{split}_images").mkdir(exist_ok=True)
            write_png(folder / f"{split}_images/{split}{i:02d}.png", image)


def volumes(folder):
    for name, of_the_page in [("volumes", "betas"), ("mask", "mask"), ("rois", "regions")]:
        shutil.copy(FIXTURES / f"table/{name}.nii.gz", folder / f"{of_the_page}.nii.gz")
    write_image_folder(folder / "seven", 7, 16)


def tvsd_files(folder):
    import make_tvsd
    from test_tvsd import write_things
    make_tvsd.write_monkey(folder / "monkeyN")
    write_things(folder / "THINGS/object_images")


def doctor_who_files(folder):
    import make_doctor_who as who
    from test_doctor_who import VOLUMES
    shutil.copytree(who.FOLDER, folder / "FOLDER")
    for i, (name, count) in enumerate(VOLUMES.items()):
        path = folder / "FOLDER" / (name + ".npy")
        path.parent.mkdir(exist_ok=True)
        np.save(path, np.random.default_rng(i).normal(size=(count, *who.SHAPE)))


def bdata_files(folder):
    for name, of_the_page in [("train.h5", "sub-01_training.h5"), ("test.h5", "sub-01_test.h5")]:
        shutil.copy(FIXTURES / "bdata" / name, folder / of_the_page)
    remove(folder / "test_images")  # of another example
    for split in ("training", "test"):
        shutil.copytree(FIXTURES / "bdata/images", folder / f"{split}_images")


def nwb_files(folder):
    shutil.copy(FIXTURES / "nwb/rates.nwb", folder / "session.nwb")
    (folder / "scenes").mkdir()
    for i, image in enumerate(np.load(FIXTURES / "nwb/expected.npz")["images"]):
        write_png(folder / f"scenes/photo-{i}.png", image)


def bids_files(folder):
    from test_bids import write_study
    write_study(folder / "study")


def fixture(name, to):
    def copy(folder):
        shutil.rmtree(folder / to, ignore_errors=True)
        shutil.copytree(FIXTURES / name, folder / to)
    return copy


# docs/model.md: what its lines make of the files is what the program makes of them.

def model_files(folder):
    # Two blocks of another size than the decoders', with bins before onset that they leave out.
    def change(f):
        trials = len(f["trials/stimulus"])
        f["trials/block"] = np.arange(trials) % 3
        f["responses"][:] += np.arange(trials)[:, None, None] % 3
        f["bins/start_ms"][:] = [-50, 0, 50]
        f["bins/stop_ms"][:] = [0, 50, 100]
        f["sensors/x"][3] = np.nan
        f["trials/split"][5] = ""
    write_recording(folder / "mine.h5", train=60, size=48, bins=3, change=change)
    for name in ("ridge", "tuned"):
        more = TINY if name == "tuned" else TINY[:2] + TINY[-1:]
        run_program("train", name, "--recording", "mine.h5", "--out", name, *more,
                    "--set", "data.normalise_per_block=true", cwd=folder, check=True)
        run_program("reconstruct", name, "mine.h5", "--out", f"{name}.h5", "--quiet", cwd=folder,
                    check=True)
    shutil.copy(folder / "tuned.h5", folder / "images.h5")


def models_are_reproduced(folder, names):
    for name, tolerance in [("ridge", 1e-5), ("tuned", 1e-4)]:
        with h5py.File(folder / f"{name}.h5") as f:
            images, mean, stimulus = f["images"][:], f["controls/mean"][:], f["stimulus"][:]
        _, shown = names["standardised"](name, "mine.h5")
        assert list(shown) == list(stimulus)
        np.testing.assert_allclose(names[name](name, "mine.h5"), images, atol=tolerance)
        assert images.std(0).max() > 0.01, "the images are all one"
    _, trained_on = names["standardised"]("ridge", "mine.h5", "train")
    targets = names["training_images"]("mine.h5", trained_on, 32)
    np.testing.assert_allclose(targets.mean(0).permute(1, 2, 0), mean[0], atol=1e-6)
    assert set(names["controls"]) == {"mean", "retrieval", "ridge", "shuffled"}


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


SCENES = {
    "README.md": Scene(
        given=readme_arrays, shorter={"training.steps=5000": "training.steps=3",
                                      '"steps": 5000': '"steps": 3'},
        skipped={"git clone": "clones from a server", "make demo": "installs with apt",
                 "pip install": "builds it; test_wheel.py installs one"},
        after=readme_worked),
    "docs/analyses.md": Scene(
        prepare=irf_files, tomls=[run_plan],
        shorter={"--small --recording r.h5": "--small --recording recording.h5 --seeds 1 --set "
                 "training.steps=2 --set unet.width=4"}),
    "docs/crossvalidation.md": Scene(prepare=digit_files, shorter={"--folds all": "--folds 5"}),
    "docs/decoders.md": Scene(
        prepare=recording("r.h5", size=32, bins=4),
        shorter={"data.bins=0-200": f"data.bins=0-200 {FEW_STEPS} --set training.epochs=0",
                 "objective.balance=0.75": f"objective.balance=0.75 {FEW_STEPS}"}),
    "docs/diffusion.md": Scene(prepare=lambda folder: shutil.copytree(
        SOURCE / "tests/reference/diffusion/pipeline", folder / "stable-diffusion-v1-4")),
    "docs/minddiffuser.md": Scene(
        prepare=minddiffuser_files, shorter=TINY_STACK,
        skipped={"afterimage import nsd": "needs NSD",
                 "afterimage study minddiffuser-table": "four and three trainings; test_minddiffuser.py runs one"}),
    "docs/encoding.md": Scene(
        prepare=lambda folder: (write_recording(folder / "recording.h5", train=60),
                                write_image_folder(folder / "photographs")),
        shorter={"data.predicted=8000": "data.predicted=50"}),
    "docs/evaluation.md": Scene(prepare=tuned_files),
    "docs/fields.md": Scene(
        prepare=fields_files, shorter={"--set epochs=60": "--set epochs=1"}),
    "docs/gallery.md": Scene(
        prepare=lambda folder: write_image_folder(folder / "assets/examples/photos", 24),
        shorter={"--bins five": f"--bins five {SMALL_BRAIN}",
                 "--set training.steps=300": FEW_STEPS}),
    "docs/importing.md": Scene(
        prepare=importing_files,
        tomls=[the_recipe, lines_of_a_table(turned_files, "test_stimuli = 2",
                                            "bin_start_ms = [0, 50]\nbin_stop_ms = [50, 100]"),
               lines_of_a_table(files_of_two_splits, ONE_BIN),
               lines_of_a_table(volumes, ONE_BIN, 'images = "seven"', "test_stimuli = 2")],
        before={"afterimage import tvsd": tvsd_files,
                "afterimage import doctor-who": doctor_who_files,
                "afterimage import nsd FOLDER": fixture("nsd", "FOLDER"),
                "afterimage import nsd-arrays processed_data": fixture("nsd_arrays/averaged",
                                                                       "processed_data/subj01"),
                "afterimage import nsd-arrays subj01": fixture("nsd_arrays/algonauts/subj03", "subj01"),
                "afterimage import bdata": bdata_files,
                "afterimage import bids": bids_files,
                "afterimage import nwb session.nwb --split-column": nwb_files,
                "afterimage import vim1": fixture("vim1", "FOLDER")},
        shorter={"train brain2pix": f"train brain2pix {FEW_STEPS} --set training.epochs=0",
                 "--mapped-only --out who.h5": "--tr 0.2 --mapped-only --out who.h5",
                 "nsd FOLDER --subject 1": "nsd FOLDER --subject 2",
                 "subj01 --subject 1": "subj01 --subject 3",
                 "--test-stimuli 982": "--test-stimuli 2",
                 "--test-stimuli 50": "--test-stimuli 2"}),
    "docs/model.md": Scene(prepare=model_files, after=models_are_reproduced),
    "docs/python.md": Scene(
        prepare=lambda folder: (write_recording(folder / "mine.h5", size=64, sensors=30),
                                write_image_folder(folder / "photos", 24)),
        given=readme_arrays, shorter={'"steps": 600': '"steps": 3'},
        skipped={"pip install": "builds it; test_wheel.py installs one"}),
    "docs/recording.md": Scene(skipped={"matlab": "needs MATLAB"}),
    "docs/report.md": Scene(prepare=report_files),
    "docs/start.md": Scene(
        prepare=lambda folder: shutil.copytree(SOURCE / "assets/examples/photos",
                                               folder / "assets/examples/photos"),
        shorter={"--scale 0.25 --image-size 32":
                     "--scale 0.1 --image-size 32 --train-trials 100 --test-images 8",
                 "image_size=32)": "image_size=32, train_trials=100, test_images=8)",
                 "--set unet.blocks=3": f"--set unet.blocks=3 {FEW_STEPS}",
                 'unet={"blocks": 3}': 'unet={"blocks": 3, "width": 4}, training={"steps": 2}'},
        skipped={"git clone": "clones from a server", "make demo": "installs with apt",
                 "pip install": "builds it; test_wheel.py installs one"}),
    "docs/simulator.md": Scene(
        prepare=lambda folder: write_image_folder(folder / "photographs", 24),
        shorter={"--out simulated.h5": f"--out simulated.h5 {SMALL_BRAIN}",
                 "--out sums.h5": f"--out sums.h5 {SMALL_BRAIN}",
                 "--bins five": f"--bins five {SMALL_BRAIN}"}),
}
