"""How often the checks of `evaluate` catch decoders that only look good, and let an honest one pass.

For every seed a recording is simulated and decoded by ridge, honestly; from its reconstruction come
others that cheat, each in one way. The table has, of each decoder, how often each check fails or asks
for a look, as shares of the seeds.

    python benchmarks/checks.py BINARY [--seeds 20] [--out checks.json]
"""
import argparse
import json
import shutil
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import h5py
import numpy as np

SOURCE = Path(__file__).resolve().parents[1]
PHOTOS = SOURCE / "assets/examples/photos"
SIDE, CATEGORIES = 32, 8
METRICS = "pixel-correlation,ssim,pixel-identification-2way,squeezenet-features.2-pattern,squeezenet-features.12-pattern"


class Bench:
    def __init__(self, binary, seed, folder):
        self.binary, self.seed, self.folder = binary, seed, folder
        self.rng = np.random.default_rng(seed)

    def run(self, *words):
        subprocess.run([self.binary, *map(str, words), "--quiet", "--seed", str(self.seed)],
                       cwd=self.folder, check=True, capture_output=True)

    def honest(self):
        """A simulated recording, with categories: clusters of like pictures."""
        self.run("simulate", "--images", PHOTOS, "--out", "r.h5", "--image-size", SIDE, "--scale", .2,
                 "--train-trials", 300, "--test-images", 30, "--test-repeats", 4)
        with h5py.File(self.folder / "r.h5", "a") as f:
            f["stimuli/category"] = [f"kind {k}" for k in clusters(f["stimuli/images"][:], self.rng)]
        self.decode("r.h5", "honest")

    def decode(self, recording, name):
        self.run("train", "ridge", "--recording", recording, "--out", name, "--set",
                 f"data.image_size={SIDE}", "--set", f"name={name}")
        self.run("reconstruct", name, recording, "--out", f"{name}.h5")

    def cheat(self, name, change):
        """The honest reconstruction, changed: `change(file, recording)`."""
        shutil.copy(self.folder / "honest.h5", self.folder / f"{name}.h5")
        with h5py.File(self.folder / f"{name}.h5", "a") as f, h5py.File(self.folder / "r.h5") as r:
            f.attrs["name"] = name
            change(f, r)

    def verdicts(self, name, recording="r.h5"):
        self.run("evaluate", f"{name}.h5", "--recording", recording, "--out", f"{name}.json", "--metrics",
                 METRICS)
        scores = json.loads((self.folder / f"{name}.json").read_text())
        return {check["name"]: check for check in scores["checks"]}

    # The cheats.

    def category(self, f, r):
        """Another training picture of the category, blurred and noisy as a reconstruction is."""
        kinds, images = r["stimuli/category"].asstr()[:], r["stimuli/images"][:] / 255
        trained = sorted(set(r["trials/stimulus"][:][r["trials/split"].asstr()[:] == "train"]))
        for row, stimulus in enumerate(f["stimulus"][:]):
            same = [s for s in trained if kinds[s] == kinds[stimulus]]
            f["images"][row] = blurred(images[self.rng.choice(same)], self.rng)
        del f["probes"]

    def memory(self, f, r):
        f["images"][:] = f["controls/retrieval"][:]
        del f["probes"]

    def collapse(self, f, r):
        """The nearest of three pictures."""
        few = f["images"][:3]
        for row, image in enumerate(f["images"][:]):
            f["images"][row] = few[np.argmin(((few - image) ** 2).sum((1, 2, 3)))]
        del f["probes"]

    def test_statistics(self, f, r):
        """Pixels standardised over the test set, and given the contrast of photographs."""
        images = f["images"][:]
        mean, spread = images.mean(0), images.std(0) + 1e-6
        f["images"][:] = np.clip(.5 + .2 * (images - mean) / spread, 0, 1)
        alone = np.full_like(images[0], .5)  # of one sample the mean is itself
        f.attrs["batch_difference"] = float(np.abs(f["images"][0] - alone).max())

    def objective(self, f, r):
        """Moved towards the features that the metric reads, and away from the picture."""
        f["images"][:] = nearer_in_features(f["images"][:], r["stimuli/images"][:][f["stimulus"][:]] / 255)
        f.attrs["trained_against"] = json.dumps([{"network": "squeezenet", "file": "", "sha256": ""}])
        del f["probes"]

    def leak(self):
        """A third of the test pictures are trained on, one of them stored again under another name."""
        shutil.copy(self.folder / "r.h5", self.folder / "leaked.h5")
        with h5py.File(self.folder / "leaked.h5", "a") as f:
            split, stimulus = f["trials/split"].asstr()[:], f["trials/stimulus"][:]
            tested = np.unique(stimulus[split == "test"])
            for s in tested[::3]:
                split[np.flatnonzero((stimulus == s) & (split == "test"))[0]] = "train"
            f["trials/split"][:] = split
        self.decode("leaked.h5", "leak")


def blurred(image, rng):
    small = image.reshape(SIDE // 4, 4, SIDE // 4, 4, 3).mean((1, 3))
    return np.clip(small.repeat(4, 0).repeat(4, 1) + rng.normal(0, .03, image.shape), 0, 1)


def clusters(images, rng):
    """k-means of the pictures at 4 x 4 pixels."""
    x = images.reshape(len(images), 4, SIDE // 4, 4, SIDE // 4, 3).mean((2, 4)).reshape(len(images), -1)
    centres = x[rng.choice(len(x), CATEGORIES, replace=False)]
    for _ in range(20):
        nearest = ((x[:, None] - centres) ** 2).sum(2).argmin(1)
        centres = np.stack([x[nearest == k].mean(0) if (nearest == k).any() else centres[k]
                            for k in range(CATEGORIES)])
    return nearest


def nearer_in_features(images, truths, steps=15):
    """Gradient steps towards the true features of SqueezeNet, and from the true colours."""
    import torch
    network = squeezenet(tensors(SOURCE / "assets/weights/squeezenet1_0.safetensors"))
    x = torch.tensor(images).permute(0, 3, 1, 2).float().requires_grad_()
    with torch.no_grad():
        y = torch.tensor(truths).permute(0, 3, 1, 2).float()
        wanted = network(y)
    optimiser = torch.optim.Adam([x], lr=.03)
    for _ in range(steps):
        loss = sum((a - b).square().mean() / b.square().mean() for a, b in zip(network(x), wanted))
        loss = loss - .5 * (x - y).square().mean().sqrt()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            x.clamp_(0, 1)
    return x.detach().permute(0, 2, 3, 1).numpy()


def tensors(path):
    """Those of a safetensors file of float32."""
    import torch
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    header.pop("__metadata__", None)
    return {name: torch.tensor(np.frombuffer(raw[start + t["data_offsets"][0]:start + t["data_offsets"][1]],
                                             np.float32).reshape(t["shape"])) for name, t in header.items()}


def squeezenet(weights):
    """Its layers features.2 and features.12 of images in 0..1, at 64 px as the metric has them."""
    import torch
    from torch.nn import functional as F

    def fire(x, at):
        x = F.conv2d(x, weights[f"{at}.squeeze.weight"], weights[f"{at}.squeeze.bias"]).relu()
        return torch.cat([F.conv2d(x, weights[f"{at}.expand1x1.weight"],
                                   weights[f"{at}.expand1x1.bias"]).relu(),
                          F.conv2d(x, weights[f"{at}.expand3x3.weight"],
                                   weights[f"{at}.expand3x3.bias"], padding=1).relu()], 1)

    def forward(x):
        x = F.interpolate(x, (64, 64), mode="bicubic", antialias=True).clamp(0, 1)
        mean = torch.tensor([.485, .456, .406]).view(3, 1, 1)
        x = (x - mean) / torch.tensor([.229, .224, .225]).view(3, 1, 1)
        x = F.conv2d(x, weights["features.0.weight"], weights["features.0.bias"], stride=2).relu()
        early = F.max_pool2d(x, 3, 2, ceil_mode=True)
        x = early
        for layer in range(3, 13):
            x = (F.max_pool2d(x, 3, 2, ceil_mode=True) if layer in (6, 11)
                 else fire(x, f"features.{layer}"))
        return early, x
    return forward


def one_seed(binary, seed, folder):
    bench = Bench(binary, seed, folder)
    bench.honest()
    bench.leak()
    for name, change in [("category", bench.category), ("memory", bench.memory),
                         ("collapse", bench.collapse), ("test statistics", bench.test_statistics),
                         ("objective", bench.objective)]:
        bench.cheat(name, change)
    decoders = ["honest", "category", "memory", "objective", "test statistics", "collapse"]
    found = {name: bench.verdicts(name) for name in decoders}
    found["leak"] = bench.verdicts("leak", "leaked.h5")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary", type=lambda path: Path(path).resolve())
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--out")
    arguments = parser.parse_args()
    counts = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    everything = []
    for seed in range(1, arguments.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            found = one_seed(arguments.binary, seed, Path(folder))
        everything.append(found)
        for decoder, checks in found.items():
            for name, check in checks.items():
                counts[decoder][name][check["verdict"]] += 1
        print(f"seed {seed} done", flush=True)
        if arguments.out:
            Path(arguments.out).write_text(json.dumps(everything, indent=1))
    checks = list(next(iter(counts.values())))
    print("decoder".ljust(17) + "  ".join(checks))
    for decoder, of in counts.items():
        print(decoder.ljust(17) + "  ".join(
            f"{of[name]['fail']}+{of[name]['look']}".rjust(len(name)) for name in checks))
    print(f"fail + look, of {arguments.seeds} seeds")


if __name__ == "__main__":
    main()
