"""The model card of a decoder that is shared: README.md with a YAML head, as model hubs read it."""
import json
from pathlib import PurePath

from ._core import Error


def text(model, scores, licence, description):
    """The card of what model.json says; of the scores (JSON of `evaluate`) where they are given."""
    chosen = _scored(model["name"], scores) if scores else []
    return "\n".join([*_head(model, chosen, licence), "", f"# {model['name']}", "",
                      *([description, ""] if description else []), *_use(model),
                      *(_table(chosen, scores) if scores else []), *_made(model)]) + "\n"


def _scored(name, scores):
    """The decoder's set of scores, then those of the controls."""
    own = [one for one in scores["sets"] if one["name"] == name]
    if not own:
        raise Error(f"scores: are not of '{name}'. They are of: "
                    + ", ".join(one["name"] for one in scores["sets"]))
    return own + [one for one in scores["sets"] if one["control"]]


def _values(one, evidence=False):
    """Metric by metric; with `evidence` only what it is known not to be trained against."""
    return {score["metric"]: score for score in one["scores"]
            if score.get("value") is not None and not (evidence and _against(score))}


def _against(score):
    return score.get("trained_against", False) is not False


def _head(model, chosen, licence):
    lines = ["---", f"license: {json.dumps(licence)}", "library_name: afterimage",
             "tags: [neuroscience, brain-decoding, image-reconstruction]"]
    if chosen:
        name = json.dumps(model["name"])
        lines += ["model-index:", f"- name: {name}", "  results:",
                  "  - task: {type: image-reconstruction}",
                  f"    dataset: {{type: recording, name: {json.dumps(_data(model))}}}", "    metrics:"]
        lines += [f"    - {{type: {json.dumps(metric)}, value: {score['value']}}}"
                  for metric, score in _values(chosen[0], evidence=True).items()]
    return [*lines, "---"]


def _data(model):
    inputs = (model["provenance"] or {}).get("inputs", [])
    return PurePath(inputs[0]["path"]).name if inputs else "arrays in memory"


def _use(model):
    given = model["input"]
    sensors, bins = given["sensors"], given["bins"]
    regions = {}
    for region in sensors["roi"]:
        regions[region or "unnamed"] = regions.get(region or "unnamed", 0) + 1
    times = ", ".join(f"{start:g} to {stop:g}" for start, stop in
                      zip(bins["start_ms"], bins["stop_ms"]))
    return [
        f"A decoder (`{model['decoder']}`) of Afterimage: it turns responses of the visual system "
        "into images.", "",
        f"- reads: responses (trial, {len(sensors['name'])} sensors, {len(bins['start_ms'])} bins), as "
        "recorded; sensors by region: "
        + ", ".join(f"{region} {count}" for region, count in regions.items()),
        f"- bins: {times} ms from stimulus onset",
        f"- makes: RGB images of {given['image_size']} x {given['image_size']} pixels, 0 to 1", "",
        "```python", "import afterimage as ai", "",
        'decoder = ai.Decoder.from_pretrained("FOLDER")',
        "images = decoder.predict(responses)", "```", "",
        "Or `afterimage reconstruct FOLDER RECORDING --out images.h5`. It reads the sensors it was "
        "trained on, in their order (`model.json`).", ""]


def _table(chosen, scores):
    names = [one["name"] for one in chosen]
    lines = ["## Scores", "", f"{len(scores['images'])} images of the split '{scores['split']}'; beside "
             "the decoder what knows less makes of the same trials.", "",
             "| metric | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    of_controls = [_values(one) for one in chosen[1:]]
    for metric, score in _values(chosen[0]).items():
        mark = " *" if _against(score) else ""
        cells = [one[metric]["value"] if metric in one else None for one in of_controls]
        lines.append(f"| {metric}{mark} | " + " | ".join(
            "" if value is None else f"{value:.4g}" for value in (score["value"], *cells)) + " |")
    if any(map(_against, chosen[0]["scores"])):
        lines += ["", "\\* of a network it was trained against, or may have been: no evidence."]
    return [*lines, ""]


def _made(model):
    lines = ["## Made of", ""]
    made = model["provenance"]
    if made:
        lines.append(f"- by Afterimage {made['version']}, {made['time']}, seed {made['run']['seed']}, "
                     f"from {model['samples']} samples")
        lines += [f"- {PurePath(one['path']).name} (SHA-256 "
                  + (one["sha256"] if "sha256" in one else f"of samples {one['sampled_sha256']}") + ")"
                  for one in made["inputs"]]
    lines += [f"- trained against {one['network']} ({one['file']}, SHA-256 {one['sha256']})"
              for one in model.get("pretrained") or []]
    return [*lines, "- every option: `config.toml`; more of the provenance: `model.json`"]
