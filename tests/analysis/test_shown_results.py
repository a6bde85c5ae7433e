"""What a notebook shows of results: figures in both themes, names of any kind, several results, summaries."""

import io
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib import rcParams
from PIL import Image

from editgan_widgets import EditVector
from editgan_widgets.analysis import Results, Table, by_picture, cosines, pca_vectors, row_norms, study_vector
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.leakage_matrix import Leakage
from editgan_widgets.analysis.plots import label, shortened
from editgan_widgets.analysis.results import Basis
from editgan_widgets.analysis.vector_tables import VectorFigures, vector_table

NAMES = ("x" * 200, "微笑的向量" * 40, "微笑", "$\\broken$ $x_1", "_hidden", "two\nlines", "\ud800 lone", "\x07bell")


@pytest.fixture
def vectors():
    rng = torch.Generator().manual_seed(0)
    return [EditVector(name, torch.randn(8, 16, generator=rng), (), {}) for name in NAMES]


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def test_figures_are_drawn_for_names_of_any_length_and_script(vectors):
    for dark in (False, True):
        picture = pixels(cosines(vectors).png(dark))
        assert max(picture.shape) < 1500  # a name of 200 characters makes no wide figure
        for vector in vectors:
            assert row_norms(vector).png(dark).startswith(b"\x89PNG")
    rows = [VectorFigures(x.name, 1.0, "smile", Estimate(0.5, 0.4, 0.6, 9), 0.2, None, 9) for x in vectors]
    assert vector_table(rows, vectors).png().startswith(b"\x89PNG")
    assert vector_table([replace(row, success=None, leakage=None) for row in rows], vectors).png()


@pytest.mark.parametrize("name", NAMES)
def test_a_label_is_one_short_line_that_matplotlib_reads_as_text(name):
    text = label(name)
    assert "\n" not in text
    assert len(text.replace("\\$", "$")) <= 33
    assert not text.startswith("_")
    assert not re.search(r"(?<!\\)\$", text)


def test_a_shortened_text_keeps_its_start_and_its_end():
    assert shortened("smile", 8) == "smile"
    assert shortened("smile without the open mouth", 16) == "smile with…mouth"
    assert shortened("微笑" * 10, 9) == "微笑…微笑"


def test_dark_figures_are_transparent_with_light_texts(vectors):
    light, dark = (pixels(cosines(vectors[2:4]).png(dark)) for dark in (False, True))
    assert (light[0, 0] == 255).all()
    assert dark[0, 0, 3] == 0
    opaque = dark[dark[..., 3] > 200][:, :3]
    assert (opaque.min(1) > 150).any()


def test_settings_of_matplotlib_are_as_before(vectors):
    before = dict(rcParams)
    cosines(vectors).png(dark=True)
    cosines(vectors).figure()
    assert dict(rcParams) == before


def test_a_cell_shows_a_picture_for_each_theme_and_hides_the_dark_one_elsewhere(vectors):
    shown = row_norms(vectors[2])._repr_html_()
    images = re.findall(r"<img [^>]*>", shown)
    assert [("eg-result-dark" in image, image.endswith(" hidden>")) for image in images] == [(False,) * 2, (True,) * 2]
    assert 'data-jp-theme-light="false"' in shown


def test_several_results_are_shown_each_under_its_name(vectors):
    found = Results({"rows": row_norms(vectors[2]), "all <of> them": cosines(vectors)})
    shown = found._repr_html_()
    assert shown.count("<h4>") == 2
    assert "all &lt;of&gt; them" in shown
    assert shown.count("eg-result-light") >= 2
    assert found["rows"] is found[0]
    assert found[-1] is found["all <of> them"]
    assert list(found) == ["rows", "all <of> them"]
    assert "rows: " in repr(found)
    assert list(Results(row_norms(v) for v in vectors[:2])) == ["1", "2"]


def test_a_list_of_results_prints_their_sentences(vectors):
    assert repr([row_norms(vectors[2])]) == f"[<RowNorms: {row_norms(vectors[2]).sentence()}>]"


@pytest.mark.parametrize("given", [3, "rows", [1], {"rows": None}])
def test_anything_but_results_is_refused(given):
    with pytest.raises(ValueError, match="got"):
        Results(given)


def test_figures_of_the_whole_result_are_shown_in_a_table(tiny_model, vectors):
    read = by_picture(brightness=lambda picture: picture.mean(), red=lambda picture: picture[..., 0].mean())
    vector = EditVector("push", 0.3 * vectors[0].delta_w_plus, ("spark",), {})
    found = study_vector(tiny_model, vector, read, seeds=range(6), target="brightness")
    curves = {row["attribute"]: row for row in found["attribute curves"].summary()}
    assert set(curves["red"]) >= {"R²", "Spearman", "slope at 0", "saturates at"}
    assert 0 <= found["effect map"].summary()[0]["locality"] <= 1
    assert isinstance(found, Results)
    for name, text in (("attribute curves", "Spearman"), ("effect map", "locality"), ("safe strength", "high")):
        assert f"<th>{text}</th>" in found[name]._repr_html_()


def test_dependent_vectors_have_an_infinite_condition_number(vectors):
    twice = [vectors[2], replace(vectors[2], name="again", delta_w_plus=2 * vectors[2].delta_w_plus)]
    assert cosines(twice).summary() == [{"vectors": 2, "condition number": "infinite"}]
    assert cosines(vectors[:3]).summary()[0]["condition number"] > 1
    assert pca_vectors(vectors[:3]).summary()[0]["effective rank"] > 1


def test_one_large_leak_does_not_make_the_others_pale():
    matrix = np.full((6, 6), 0.5)
    matrix[2, 3] = 40
    names = tuple("abcdef")
    ones = np.ones(6)
    figure = Leakage(names, names, names, matrix, matrix, matrix, ones, ones, ones, (True,) * 6, Basis(3)).figure()
    image = figure.axes[0].images[0]
    assert image.get_clim() == (-1, 1)
    assert figure.axes[1].get_ylim()[1] == pytest.approx(1)
    assert "40" in [text.get_text() for text in figure.axes[0].texts]


def test_records_are_shown_as_a_table_and_are_a_list_otherwise(vectors):
    rows = row_norms(vectors[2]).table()
    assert isinstance(rows, Table)
    assert rows == list(rows)
    assert rows._repr_html_().count("<tr>") == 1 + len(rows)
    assert "<td>a &amp; b</td>" in Table([{"way": "a & b"}])._repr_html_()
    assert Table()._repr_html_() == ""
