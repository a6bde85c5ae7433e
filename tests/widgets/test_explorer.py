"""The explorer of edit vectors from Python: choosing, measuring, a pair, orthogonalise, keep, results and files."""

import csv
import gc
import io
import itertools
import json
import zipfile
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import torch
from editors import until
from ipywidgets import VBox
from ipywidgets.widgets.widget import _instances
from PIL import Image

from editgan_widgets import EditVector
from editgan_widgets.analysis.attributes import by_picture
from editgan_widgets.analysis.effects import effect_map
from editgan_widgets.analysis.linearity import interaction
from editgan_widgets.analysis.results import Result
from editgan_widgets.analysis.vector_cosines import cosines
from editgan_widgets.analysis.vector_rows import row_norms
from editgan_widgets.latent.directions.edit_vector import EditVectorError, WrongModelError
from editgan_widgets.widgets import VectorExplorer

PAGES = itertools.count()
MEASURED = (1, 2, 50, 51)


@pytest.fixture(scope="module")
def vectors(tiny_model):
    rng = torch.Generator().manual_seed(0)
    recipe = {"fingerprint": tiny_model.fingerprint, "attribute": "brightness"}
    deltas = 0.4 * torch.randn(3, 8, 16, generator=rng)
    return {name: EditVector(name, delta, ("spark",), recipe) for name, delta in zip("abc", deltas, strict=True)}


@pytest.fixture(scope="module")
def read():
    return by_picture(brightness=lambda picture: picture.mean(), contrast=lambda picture: picture.std())


@pytest.fixture(scope="module")
def make(tiny_model, vectors, read):
    """Explorers of three vectors on few portraits; all are closed at the end."""
    made = []

    def explorer(**options):
        options = {"vectors": vectors, "seeds": (1, 2), "read": read, "portraits": (50, 51), **options}
        made.append(VectorExplorer(tiny_model, **options))
        view = made[-1].view
        view.sent = []
        view.send = lambda content, buffers=None: view.sent.append((content, buffers or []))
        return made[-1]

    yield explorer
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def measured(make):
    """An explorer that all tests share, with everything measured."""
    made = make()
    made.wait(60)
    return made


@pytest.fixture
def explorer(measured, vectors):
    """The shared explorer as it was at first."""
    for name in set(measured.vectors) - set(vectors):
        measured.discard(name)
    measured.set_seeds(1, 2)
    measured.set_strength(1)
    measured.choose("a")
    measured.wait(60)
    measured.view.sent.clear()
    return measured


def receive(explorer, n=None, **content) -> None:
    """Deliver a message as a page sends it; `n` is its turn."""
    page = f"page{next(PAGES)}"
    turn = {} if n is None else {"turn": [page, n], "id": f"{page}:{n}"}
    explorer.view._handle_msg(
        {"content": {"data": {"method": "custom", "content": {**content, **turn}}}, "buffers": []}
    )


def test_the_chosen_vector_and_the_table_are_measured_without_being_asked(explorer):
    assert explorer.chosen == "a"
    assert set(explorer.results) == {
        "vectors", "cosines", "strip", "effect map", "attribute curves", "row norms", "leakage", "transfer rate",
        "safe strength",
    }  # fmt: skip
    rows = explorer.results["vectors"].table()
    assert [row["vector"] for row in rows] == ["a", "b", "c"]
    assert all(row["n"] == len(MEASURED) for row in rows)
    assert all(row["safe strength"] > 0 and row["leakage"] >= 0 for row in rows)
    assert explorer.view.status == "All is measured."
    assert not explorer.running


def test_results_are_those_of_the_analysis_functions(explorer, tiny_model, vectors):
    alone = effect_map(tiny_model, vectors["a"], MEASURED)
    shown = explorer.results["effect map"]
    assert np.allclose(shown.mean, alone.mean, atol=1e-6)
    assert shown.table()[0]["share"] == pytest.approx(alone.table()[0]["share"], abs=1e-5)
    assert explorer.results["row norms"].table() == row_norms(vectors["a"], tiny_model).table()
    assert explorer.results["cosines"].table() == cosines(vectors.values()).table()
    assert explorer.results["row norms"].norms.tolist() == pytest.approx(vectors["a"].delta_w_plus.norm(dim=1).tolist())


def test_the_page_gets_the_numbers_of_the_results(explorer):
    view, found = explorer.view, explorer.results
    assert view.views["row norms"]["values"] == pytest.approx(found["row norms"].spreads.tolist())
    assert view.views["effect map"]["parts"] == found["effect map"].table()
    assert view.views["effect map"]["sentence"] == found["effect map"].answer()
    curve = found["attribute curves"].curves[0]
    assert view.views["attribute curves"]["curves"][0]["mean"] == pytest.approx((curve.mean / curve.std).tolist())
    assert np.allclose(view.views["cosines"]["cosine"], found["cosines"].cosine)
    row = {row["name"]: row for row in view.rows}["b"]
    assert row["success"]["value"] == found["vectors"].table()[1]["success"]
    sheet = np.asarray(Image.open(io.BytesIO(view.strip_sheet)))
    assert sheet.shape == (2 * 32, 6 * 32, 3)
    assert view.strip == {"seeds": [1, 2], "strengths": [-1, -0.5, 0, 0.5, 1, 1.5]}


def test_the_strip_and_the_large_picture_are_the_vector_at_its_strength(explorer, tiny_model, vectors):
    strip = explorer.results["strip"].pictures
    explorer.set_strength(-0.5)
    explorer.wait(60)
    assert np.array_equal(explorer.image, strip[0, 1])
    receive(explorer, 1, kind="look", seed=2, strength=1.5)
    explorer.wait(60)
    assert np.abs(explorer.image.astype(int) - strip[1, 5]).max() <= 1
    explorer.set_seeds(7)
    explorer.wait(60)
    assert explorer.results["strip"].seeds == (7,)
    assert explorer.view.seed == 7


def test_two_vectors_interact_and_a_cell_of_the_cosines_chooses_them(explorer, tiny_model, vectors):
    receive(explorer, 1, kind="choose", name="b", second="c")
    explorer.wait(60)
    found = explorer.results["interaction"]
    alone = interaction(tiny_model, vectors["b"], vectors["c"], MEASURED)
    assert found.relative.value == pytest.approx(alone.relative.value)
    assert explorer.view.views["interaction"]["relative"]["value"] == found.relative.value
    explorer.choose("b")
    explorer.wait(60)
    assert explorer.second is None
    assert "interaction" not in explorer.results


@pytest.mark.slow
def test_orthogonalise_makes_a_draft_that_keep_names(explorer, vectors):
    explorer.choose("a", "b")
    explorer.orthogonalise()
    explorer.wait(60)
    assert explorer.chosen == "a without b"
    product = (explorer.vector.delta_w_plus.double() * vectors["b"].delta_w_plus.double()).sum()
    assert abs(float(product)) < 1e-5
    assert {row["name"]: row["kind"] for row in explorer.view.rows}["a without b"] == "draft"
    assert explorer.results["effect map"].vector == "a without b"
    explorer.keep("pure a")
    explorer.wait(60)
    assert list(explorer.vectors) == ["a", "b", "c", "pure a"]
    assert explorer.vector.name == "pure a"
    assert explorer.vector.recipe["orthogonalised"] == {"against": ["b"], "metric": "plain"}
    assert explorer.results["cosines"].names == ("a", "b", "c", "pure a")
    explorer.discard("pure a")
    explorer.wait(60)
    assert list(explorer.vectors) == ["a", "b", "c"]
    assert explorer.chosen == "a"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda e: e.orthogonalise(), "no second vector is chosen"),
        (lambda e: e.keep("b"), "a vector named 'b' is there already"),
        (lambda e: e.keep("  "), "the name is empty"),
        (lambda e: e.discard("b"), "removes only vectors that were made in it"),
        (lambda e: e.choose("z"), "there is no vector named 'z'; there are: a, b, c"),
        (lambda e: e.set_strength(9), "strength is a number from -4 to 4; got 9"),
        (lambda e: e.set_seeds(), "the strip shows 1 to 8 portraits; got 0 seeds"),
        (lambda e: e.sort("beauty"), "the table is sorted by one of"),
        (lambda e: e.save("interaction", "x.csv"), "there is no result 'interaction' in view; there are: vectors"),
        (lambda e: e.save("vectors", "x.txt"), r"written as .csv or .png; got 'x.txt'"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(explorer, call, said):
    before = explorer._document
    with pytest.raises(ValueError, match=said):
        call(explorer) or explorer.wait(60)  # pyright: ignore[reportUnusedExpression]
    assert list(explorer.vectors) == ["a", "b", "c"]
    assert explorer.chosen == before.chosen
    explorer.choose("a")
    explorer.wait(60)
    assert explorer.error == ""


def test_nothing_is_left_of_a_vector_that_is_parallel_to_the_second(make, vectors):
    twice = EditVector("twice a", 2 * vectors["a"].delta_w_plus, (), vectors["a"].recipe)
    explorer = make(vectors=[vectors["a"], twice])
    explorer.choose("a", "twice a")
    explorer.orthogonalise()
    with pytest.raises(ValueError, match="'a' is parallel to 'twice a': nothing of it is left"):
        explorer.wait(60)


@pytest.mark.slow
def test_stop_keeps_what_was_measured_and_measure_all_goes_on(make):
    explorer = make(portraits=range(50, 70))
    until(lambda: explorer.view.progress.get("step", 0) > 3, 60)
    explorer.stop()
    explorer.wait(60)
    assert explorer.view.paused
    assert explorer.view.status == "Stopped. What was measured is kept."
    assert not all(row["measured"] for row in explorer.view.rows)
    explorer.measure_all()
    assert not explorer.view.paused or explorer.running
    until(lambda: all(row["measured"] for row in explorer.view.rows), 60)


def test_the_slider_interrupts_measuring_which_goes_on_when_it_is_let_go(make):
    explorer = make(portraits=range(50, 70))
    until(lambda: explorer.view.progress.get("step", 0) > 1, 60)
    for strength in (0.1, 0.2, 0.3):
        receive(explorer, kind="set_strength", strength=strength, live=True)
    explorer.wait(60)
    assert explorer.view.strength == 0.3
    assert not explorer.running
    receive(explorer, 1, kind="set_strength", strength=0.3)
    assert explorer.running
    until(lambda: "effect map" in explorer.results, 60)


@pytest.mark.parametrize(
    "commands",
    [
        [{"kind": "keep", "name": "b"}, {"kind": "orthogonalise"}, {"kind": "choose", "name": "z"}],
        [{"kind": "open_editor"}, {"kind": "download", "result": "row norms", "form": "csv"}],
    ],
    ids=["commands that fail", "commands that change no result"],
)
def test_measuring_goes_on_after(make, commands):
    explorer = make(portraits=range(50, 56))
    for content in commands:
        before = explorer.view.job
        until(lambda: explorer.view.progress.get("step", 0) > 0, 60)
        receive(explorer, 1, **content)
        until(lambda before=before: explorer.view.job > before, 60)
    with suppress(ValueError):
        explorer.wait(60)
    assert explorer.results["effect map"].basis.n == 8
    assert all(row["measured"] for row in explorer.view.rows)
    assert explorer.view.status == "All is measured."
    assert not explorer.view.running


def test_stop_ends_measuring_also_when_a_command_that_fails_follows(make):
    explorer = make(portraits=range(50, 56))
    until(lambda: explorer.view.progress.get("step", 0) > 0, 60)
    explorer.stop()
    explorer.wait(60)
    receive(explorer, 1, kind="keep", name="b")
    with pytest.raises(ValueError, match="is there already"):
        explorer.wait(60)
    assert not all(row["measured"] for row in explorer.view.rows)
    assert explorer.view.paused
    explorer.measure_all()
    explorer.wait(60)
    assert explorer.results["effect map"].basis.n == 8
    assert all(row["measured"] for row in explorer.view.rows)
    assert not explorer.view.paused


def test_an_error_while_measuring_leaves_the_rest_to_measure_all(make, read):
    failures = [OSError("no camera")]

    def fails_once(pictures):
        if failures and len(pictures) != 2:  # the two portraits on which functions are tried
            raise failures.pop()
        return read(pictures)

    explorer = make(read=fails_once)
    with pytest.raises(OSError, match="no camera"):
        explorer.wait(60)
    assert explorer.view.paused
    explorer.measure_all()
    explorer.wait(60)
    assert all(row["measured"] for row in explorer.view.rows)
    assert not explorer.view.paused


def test_vectors_with_long_names_are_chosen_compared_saved_and_discarded(make, vectors, tmp_path, monkeypatch):
    monkeypatch.setattr(Result, "png", lambda self: b"drawn")
    long = {name: replace(vectors[name], name=name * 200) for name in "ab"}
    explorer = make(vectors=long.values())
    explorer.choose("a" * 200, "b" * 200)
    explorer.orthogonalise()
    explorer.wait(60)
    draft = explorer.chosen
    assert draft == f"{'a' * 200} without {'b' * 200}"
    receive(explorer, 1, kind="choose", name="b" * 200, second=draft)
    explorer.wait(60)
    assert (explorer.chosen, explorer.second) == ("b" * 200, draft)
    explorer.save_all(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2 * len(explorer.results)
    receive(explorer, 1, kind="discard", name=draft)
    explorer.wait(60)
    assert draft not in explorer.vectors


def test_measured_views_are_shown_again_without_a_picture(explorer, monkeypatch):
    explorer.choose("b")
    explorer.wait(60)
    first = explorer.results["effect map"]
    explorer.choose("a")
    explorer.wait(60)
    monkeypatch.setattr(
        "editgan_widgets.widgets.explorer.tasks.edited", lambda *given: pytest.fail("measured a second time")
    )
    explorer.choose("b")
    explorer.wait(60)
    assert np.array_equal(explorer.results["effect map"].mean, first.mean)


def test_results_are_written_as_tables_and_pictures(explorer, tmp_path, monkeypatch):
    explorer.save("vectors", tmp_path / "table.csv")
    rows = list(csv.DictReader((tmp_path / "table.csv").read_text().splitlines()))
    assert [row["vector"] for row in rows] == ["a", "b", "c"]
    explorer.save("effect map", tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(Result, "png", lambda self: b"drawn")
    paths = explorer.save_all(tmp_path / "all")
    assert len(paths) == 2 * len(explorer.results)
    assert (tmp_path / "all" / "a_effect_map.png").read_bytes() == b"drawn"
    assert (tmp_path / "all" / "a_effect_map.csv") in paths


@pytest.mark.parametrize(("form", "kind"), [("csv", "text/csv"), ("png", "image/png")])
def test_a_page_downloads_a_result(explorer, form, kind):
    receive(explorer, kind="download", result="attribute curves", form=form, view="here")
    explorer.wait(60)
    (content, (file,)) = next(x for x in explorer.view.sent if x[0]["kind"] == "download")
    assert content == {"kind": "download", "view": "here", "name": f"a_attribute_curves.{form}", "type": kind}
    expected = explorer.results["attribute curves"].csv().encode()
    assert file == expected if form == "csv" else file.startswith(b"\x89PNG")


def test_a_page_downloads_all_results_as_one_file(explorer, monkeypatch):
    monkeypatch.setattr(Result, "png", lambda self: b"drawn")
    receive(explorer, kind="download", form="zip", view="here")
    explorer.wait(60)
    (content, (file,)) = next(x for x in explorer.view.sent if x[0]["kind"] == "download")
    assert content["name"] == "a_results.zip"
    names = zipfile.ZipFile(io.BytesIO(file)).namelist()
    assert len(names) == 2 * len(explorer.results)
    assert {"vectors.csv", "a_leakage.csv", "cosines.png"} <= set(names)


def test_an_editor_opens_with_the_vector_at_its_strength(explorer):
    explorer.set_strength(0.5)
    explorer.wait(60)
    editor = explorer.open_in_editor()
    try:
        editor.wait(60)
        assert editor.vector_scales == {"a": 0.5}
        assert np.abs(editor.image.astype(int) - explorer.image).max() <= 1
        receive(explorer, 1, kind="open_editor")
        explorer.wait(60)
        (below,) = explorer._slot.children
        below.wait(60)
        assert set(below.vectors) == {"a", "b", "c"}
    finally:
        editor.close()


@pytest.mark.usefixtures("unchecked")
def test_a_model_and_a_reader_that_do_not_fit_are_refused_at_once(tiny_model, vectors):
    with pytest.raises(ValueError, match="model must be an EditGAN; got None"):
        VectorExplorer(None)
    with pytest.raises(ValueError, match="read must be attributes of pictures"):
        VectorExplorer(tiny_model, vectors, read=3)


def test_a_vector_without_an_attribute_of_its_own_has_no_leakage_in_the_table(make, vectors):
    nameless = {name: replace(vector, recipe={"fingerprint": vector.fingerprint}) for name, vector in vectors.items()}
    explorer = make(vectors=nameless)
    explorer.wait(60)
    rows = explorer.view.rows
    assert all(row["measured"] and row["leakage"] is None and row["attribute"] == "" for row in rows)


def test_without_attributes_the_rest_is_measured(make):
    explorer = make(read=None)
    explorer.wait(60)
    assert {"effect map", "row norms", "safe strength"} <= set(explorer.results)
    assert "attribute curves" not in explorer.results
    assert not explorer.view.attributes
    assert [row["success"] for row in explorer.view.rows] == [None] * 3
    assert all(row["safe"] and row["measured"] for row in explorer.view.rows)


def test_one_vector_and_one_portrait_are_enough(make, vectors):
    explorer = make(vectors=vectors["b"], seeds=(1,), portraits=())
    explorer.wait(60)
    assert list(explorer.vectors) == ["b"]
    json.dumps([explorer.view.views, explorer.view.rows], allow_nan=False)  # a page cannot read NaN


def test_vectors_that_do_not_fit_are_refused(tiny_model, vectors, read):
    other = EditVector("other", vectors["a"].delta_w_plus, (), {"fingerprint": "0000"})
    zero = EditVector("zero", torch.zeros(8, 16))
    with pytest.raises(WrongModelError, match="'other' was made with model 0000"):
        VectorExplorer(tiny_model, [other], read=read)
    with pytest.raises(EditVectorError, match="'zero' is zero everywhere; leave it out"):
        VectorExplorer(tiny_model, [zero], read=read)
    with pytest.raises(EditVectorError, match="no edit vector was given"):
        VectorExplorer(tiny_model, [], read=read)
    with pytest.raises(EditVectorError, match="two edit vectors are named 'a'"):
        VectorExplorer(tiny_model, [vectors["a"], vectors["a"]], read=read)
    for psi in (-5, 100, float("nan")):
        with pytest.raises(ValueError, match="truncation_psi must be a number from 0 to 2; got"):
            VectorExplorer(tiny_model, vectors, read=read, truncation_psi=psi)
    with pytest.raises(ValueError, match="the strip shows 1 to 8 portraits; got 9"):
        VectorExplorer(tiny_model, vectors, range(9), read=read)


@pytest.mark.slow
def test_it_is_a_widget_among_others_and_close_frees_all_of_its_own(make):
    make().close()  # what all widgets share is there from now on
    gc.collect()  # what earlier tests left
    before = set(_instances)
    explorer = make()
    box = VBox([explorer])
    assert box.get_state()["children"] == [f"IPY_MODEL_{explorer.model_id}"]
    data, _ = explorer._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.model_id
    assert data["image/png"].startswith(b"\x89PNG")
    box.layout.close()
    box.close()
    explorer.close()
    gc.collect()
    assert set(_instances) == before
