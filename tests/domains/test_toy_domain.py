"""A new domain needs one file of code and one line in the registry: here tests/support/spots.py and `register`.

Weights of judges, a folder of vectors and samples would add two or three. No other file mentions "spots".
"""

from dataclasses import replace

import numpy as np
import pytest
import spots
import torch

from editgan_widgets import EditGAN, EditSession, load_model
from editgan_widgets.analysis.mask_edits import measure_edits
from editgan_widgets.analysis.photo_quality import probe_of
from editgan_widgets.analysis.quality_figures import Judges, QualityConfig
from editgan_widgets.analysis.quality_report import measure_quality
from editgan_widgets.analysis.report_pages import write_report
from editgan_widgets.analysis.vector_library import LibraryConfig, learn_library
from editgan_widgets.domains import registry
from editgan_widgets.latent.directions.library import load_vectors, shipped_vectors
from editgan_widgets.palettes import palettes_of, recoloured
from editgan_widgets.training.train_interpreter import InterpreterTrainingConfig, train_interpreter
from editgan_widgets.widgets import Editor


@pytest.fixture
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("spots") / "vectors"


@pytest.fixture(autouse=True)
def spots_domain(monkeypatch, folder):
    monkeypatch.setattr(registry, "_registered", {})
    registry.register(replace(spots.DOMAIN, vectors=(folder,)))


@pytest.fixture(scope="module")
def networks(tiny_model):
    generator, rng = tiny_model.generator, torch.Generator().manual_seed(0)
    w_plus = torch.cat([tiny_model.sample_w_plus(seed, 1.0) for seed in range(8)])
    truth = spots.Threshold()(generator.synthesis(w_plus).image).argmax(1).to(torch.uint8)
    settings = InterpreterTrainingConfig(ensemble=2, hidden=(16, 16), steps=60, pixels=512, lr=2e-2)
    return generator, tiny_model.discriminator, train_interpreter(generator, w_plus, truth, 2, settings, rng)


@pytest.fixture
def model(networks):
    return EditGAN(*networks, spots.LABELS, {"domain": "spots"})


def test_a_saved_model_finds_its_domain_again(model, tmp_path):
    model.save(tmp_path / "spots.safetensors")
    again = load_model(tmp_path / "spots.safetensors", device="cpu")
    assert registry.domain_of(again).captions == ("a bright spot on a dark ground",)
    assert registry.judges_of(again).factors.names == ("brightness", "area")
    assert list(palettes_of(again.labels)) == ["own", "night"]


@pytest.mark.slow
def test_the_domains_scripted_edit_is_painted_edited_and_judged(model):
    judges = registry.judges_of(model)
    measured = list(measure_edits(model, judges.segmenter, registry.domain_of(model).scripted_edits(), range(4), 2, 4))
    assert [x.measure.judge_iou_after for x in measured]


@pytest.mark.slow
def test_the_domains_library_is_learned_shipped_and_offered(model, folder):
    config = LibraryConfig(candidates=2, sources=1, steps=4)
    learned = list(learn_library(model, folder, config, registry.judges_of(model).factors.read))
    assert [x.attribute for x in learned] == ["brightness"]
    assert list(load_vectors(model)) == ["brightness"] == [x.name for x in shipped_vectors(model)]
    session = EditSession.from_seed(model, seed=30)
    assert [vector.name for vector in session.vectors] == ["brightness"]
    before = session.image
    session.apply_vector(session.vectors[0])
    assert not np.array_equal(session.image, before)
    assert probe_of(model)["attribute"] == "brightness"


def test_the_editor_shows_the_domains_palette_and_vectors(model, folder):
    list(learn_library(model, folder, LibraryConfig(candidates=2, sources=1, steps=2)))
    editor = Editor(EditSession.from_seed(model, seed=3), palette="night", journal=False)
    try:
        assert set(editor.view.palettes) == {"own", "night"}
        assert recoloured(model.labels, "night")["spot"].color == "#ffffff"
        assert "brightness" in str(editor.view.vectors)
    finally:
        editor.close()


@pytest.mark.slow
def test_the_quality_report_uses_the_domains_judges_and_merges_its_parts(model, tmp_path):
    renders = registry.domain("spots").render
    np.save(tmp_path / "images.npy", np.stack([renders(seed, 32).image for seed in range(24)]))
    own = registry.judges_of(model)
    judges = Judges(lambda x: x.mean((2, 3)), "mean colour", own.segmenter, own.factors, own.identity)
    config = QualityConfig(
        samples=20,
        sweep=(1.0,),
        sweep_samples=20,
        path_pairs=4,
        interpreter_samples=4,
        encoder_renders=2,
        sheet_seeds=4,
        batch=8,
        resamples=10,
    )
    found = measure_quality(model, tmp_path, judges, config)
    assert set(found.interpreter.coarse_parts) == {"all"}
    assert [x.name for x in found.balance] == ["brightness", "area"]
    assert "brightness" in write_report(found, tmp_path / "card").read_text()
    assert (tmp_path / "card" / "balance.png").is_file()
