"""Decoders as folders to share: the model and its card."""
import json

import numpy as np
import pytest
import yaml

import afterimage as ai


@pytest.fixture(scope="module")
def shared(recording, tmp_path_factory):
    """A decoder that was trained against a network, its scores, and its folder."""
    whole = ai.Recording(recording)
    decoder = ai.Decoder("brain2pix", data={"image_size": 32}, unet={"width": 4, "blocks": 2},
                         objective={"fallback": "squeezenet"},
                         training={"steps": 2, "batch": 4}).fit(whole)
    scores = ai.evaluate(decoder.reconstruct(whole, controls=["mean", "shuffled"]), metrics=[
        "pixel-correlation", "squeezenet-features.2-correlation"], progress=False)
    folder = tmp_path_factory.mktemp("shared") / "folder"
    decoder.push_to_folder(folder, licence="cc-by-4.0", scores=scores, description="Of a test: \"one\".")
    return decoder, scores, folder


def test_it_is_the_same_decoder(shared, recording, program, tmp_path):
    decoder, _, folder = shared
    test = ai.Recording(recording).responses("test")
    again = ai.Decoder.from_pretrained(folder)
    assert np.array_equal(again.predict(test), decoder.predict(test))
    assert {path.suffix for path in folder.iterdir()} >= {".safetensors", ".md", ".json", ".toml"}
    program("reconstruct", folder, recording, "--out", "i.h5", "--quiet")
    expected = decoder.reconstruct(ai.Recording(recording)).images
    assert np.array_equal(ai.Reconstruction.load(tmp_path / "i.h5").images, expected)


def test_its_card_says_what_it_is(shared, recording):
    decoder, scores, folder = shared
    head, body = (folder / "README.md").read_text().removeprefix("---\n").split("---\n", 1)
    head = yaml.safe_load(head)
    assert head["license"] == "cc-by-4.0" and head["library_name"] == "afterimage"
    [result] = head["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "pixel-correlation",  # of the other it was trained against
                                  "value": scores["brain2pix", "pixel-correlation"]}]
    assert result["dataset"]["name"] == recording.name
    made = json.loads((folder / "model.json").read_text())["provenance"]
    assert made["inputs"][0]["sha256"] in body and str(recording.parent) not in body
    assert "(trial, 60 sensors, 2 bins)" in body and "32 x 32" in body and "Of a test" in body
    table = {row.split("|")[1].strip(): [cell.strip() for cell in row.split("|")[2:-1]]
             for row in body.split("\n") if row.startswith("| ")}
    assert table["metric"] == ["brain2pix", "mean", "shuffled (brain2pix)"]
    for column, name in enumerate(table["metric"]):
        value = scores[name, "pixel-correlation"]
        assert float(table["pixel-correlation"][column]) == pytest.approx(value, rel=1e-3)
    assert "squeezenet-features.2-correlation *" in table and "no evidence" in body


def test_nothing_is_replaced_unasked_and_what_is_not_ours_stays(shared, tmp_path):
    decoder, _, _ = shared
    folder = tmp_path / "repository"
    (folder / ".git").mkdir(parents=True)
    (folder / "README.md").write_text("mine")
    with pytest.raises(ai.Error, match="README.md already"):
        decoder.push_to_folder(folder)
    assert (folder / "README.md").read_text() == "mine" and len(list(folder.iterdir())) == 2
    decoder.push_to_folder(folder, force=True)
    assert (folder / ".git").exists() and "license: \"unknown\"" in (folder / "README.md").read_text()
    assert not list(folder.glob("*.part")) + list(folder.glob(".*.part"))
    ai.Decoder.from_pretrained(folder)


def test_what_is_no_model_is_refused(shared, tmp_path):
    decoder, scores, _ = shared
    with pytest.raises(ai.Error, match="none: no such model"):
        ai.Decoder.from_pretrained(tmp_path / "none")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/config.json").write_text("{}")
    (tmp_path / "other/model.safetensors").write_bytes(b"")
    with pytest.raises(ai.Error, match="other: is no model: model.json is missing"):
        ai.Decoder.from_pretrained(tmp_path / "other")
    with pytest.raises(ai.Error, match="has not learned yet"):
        ai.Decoder("ridge").push_to_folder(tmp_path / "new")
    ridge = ai.Decoder("ridge").fit(np.random.default_rng(1).normal(size=(9, 3)), np.zeros((9, 8, 8)))
    with pytest.raises(ai.Error, match="scores: are not of 'ridge'. They are of: brain2pix"):
        ridge.push_to_folder(tmp_path / "new", scores=scores)
    assert not (tmp_path / "new").exists()
