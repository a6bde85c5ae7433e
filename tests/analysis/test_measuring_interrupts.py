"""Ctrl+C ends a measurement with what was measured so far, and progress bars show how far it is."""

import inspect

import numpy as np
import pytest
import torch
from brightness import brighter, embed, read

import editgan_widgets.analysis as analysis
from editgan_widgets.analysis import (
    EditWay,
    attribute_curve,
    boundary,
    compare_edits,
    compare_vectors,
    disentanglement_of,
    effect_map,
    find_directions,
    interaction,
    interpreter_uncertainty,
    leakage,
    nonlinearity,
    part_channels,
    path_length,
    picture_distances,
    safe_strength,
    stability,
    strength_strip,
    study_vector,
    transfer_rate,
    ways_to_edit,
)
from editgan_widgets.analysis.interrupts import interruptible


@pytest.fixture(scope="module")
def vector(tiny_model):
    return brighter(tiny_model)


@pytest.fixture
def interrupt(tiny_model, monkeypatch):
    """interrupt(n): Ctrl+C when the n-th batch of pictures, or of codes, is asked for."""

    def after(calls, network="synthesis"):
        module = getattr(tiny_model.generator, network)
        forward, count = module.forward, [0]

        def interrupted(*args, **kwargs):
            count[0] += 1
            if count[0] == calls:
                raise KeyboardInterrupt
            return forward(*args, **kwargs)

        monkeypatch.setattr(module, "forward", interrupted)

    return after


# name -> (call, network that is interrupted, at which of its calls, n of the result)
SO_FAR = {
    "effect_map": (lambda m, v: effect_map(m, v, range(40)), "synthesis", 5, 16),
    "attribute_curve": (lambda m, v: attribute_curve(m, v, "brightness", read, 1, range(40)), "synthesis", 6, 16),
    "transfer_rate": (lambda m, v: transfer_rate(m, v, "brightness", read, range(9)), "synthesis", 12, 2),
    "interaction": (lambda m, v: interaction(m, v, v, range(9)), "synthesis", 4, 3),
    "nonlinearity": (lambda m, v: nonlinearity(m, v, range(9)), "synthesis", 4, 3),
    "strength_strip": (lambda m, v: strength_strip(m, v, range(9)), "synthesis", 3, 2),
    "safe_strength": (lambda m, v: safe_strength(v, m, range(90)), "mapping", 31, 30),
    "interpreter_uncertainty": (lambda m, v: interpreter_uncertainty(m, seeds=range(9)), "synthesis", 3, 2),
    "path_length": (lambda m, v: path_length(m, samples=40, distance=lambda a, b: 1.0), "synthesis", 16, 15),
    "boundary": (lambda m, v: boundary(m, "brightness", read, "mean difference"), "synthesis", 6, 200),
    "stability": (
        lambda m, v: stability(lambda seed: effect_map(m, v, [seed]) and v, range(9)),
        "synthesis",
        5,
        2,
    ),
}


@pytest.mark.parametrize("case", SO_FAR)
def test_an_interrupted_measurement_covers_what_was_measured_and_says_so(tiny_model, vector, interrupt, case):
    call, network, at, n = SO_FAR[case]
    interrupt(at, network)
    found = call(tiny_model, vector)
    assert found.basis.n == n
    assert f"n = {n}" in found._repr_html_()
    assert found.table()


RAISED = {
    "effect_map": lambda m, v: effect_map(m, v, range(40)),
    "transfer_rate": lambda m, v: transfer_rate(m, v, "brightness", read, range(9), source_change=1.0),
    "boundary": lambda m, v: boundary(m, "brightness", read, "mean difference"),
    "interaction": lambda m, v: interaction(m, v, v, range(9)),
    "study_vector": lambda m, v: study_vector(m, v, seeds=range(9)),
    "compare_edits": lambda m, v: compare_edits(m, [EditWay("a", v, 1)], "brightness", read, embed, embed, range(60)),
    "part_channels": lambda m, v: part_channels(m, "spark"),
    "stability": lambda m, v: stability(lambda seed: effect_map(m, v, [seed]) and v, range(9)),
    "disentanglement_of": lambda m, v: disentanglement_of(m, read, "w", samples=60),
}


@pytest.mark.parametrize("case", RAISED)
def test_an_interrupt_before_the_first_result_is_raised(tiny_model, vector, interrupt, case):
    interrupt(2 if case in ("boundary", "disentanglement_of", "transfer_rate") else 1)
    with pytest.raises(KeyboardInterrupt):
        RAISED[case](tiny_model, vector)


def test_compared_edits_end_with_the_last_complete_strength(tiny_model, vector):
    seen = []

    def identity(pictures):
        seen.append(len(pictures))
        if len(seen) == 6:  # 2 pictures to try, 3 strengths and the pictures before
            raise KeyboardInterrupt
        return embed(pictures)

    ways = [EditWay("one", vector, 1), EditWay("other", vector, 1)]
    found = compare_edits(
        tiny_model, ways, "brightness", read, identity, embed, range(30), (1, 2), samples=40, refined_portraits=1
    )
    assert [(m.way, m.strength) for m in found.measures] == [("one", 1), ("one", 2), ("other", 1)]
    assert found.sentence()
    assert found.side_effects()


def test_an_interrupted_search_keeps_the_directions_that_were_scored(tiny_model, interrupt):
    interrupt(5)  # two portraits to try, the portraits, two directions
    found = find_directions(tiny_model, read, "ganspace", count=6, seeds=range(8))
    assert len(found.vectors) == len(found.effects) == 2
    assert len(found.table()) == 2


def test_an_interrupted_score_keeps_the_spaces_and_samples_so_far(tiny_model, interrupt, monkeypatch):
    from editgan_widgets.analysis import disentanglement_scores

    interrupt(4)
    (found,) = disentanglement_of(tiny_model, read, "w", samples=200).values()
    assert found.basis.n == 100
    monkeypatch.undo()
    scored = disentanglement_scores.disentanglement

    def interrupted(codes, factors, space, **settings):
        if space == "w":
            raise KeyboardInterrupt
        return scored(codes, factors, space, **settings)

    monkeypatch.setattr(disentanglement_scores, "disentanglement", interrupted)
    assert [x.space for x in disentanglement_of(tiny_model, read, ("z", "w"), samples=50).values()] == ["z"]


def test_an_interrupted_study_has_whole_batches(tiny_model, vector, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    seen = []

    def counted(pictures):
        seen.append(len(pictures))
        if len(seen) == 9:
            raise KeyboardInterrupt
        return read(pictures)

    found = study_vector(tiny_model, vector, counted, range(40), (1,))
    n = found["effect map"].basis.n
    assert n % 8 == 0
    assert 0 < n < 40
    assert {result.basis.n for name, result in found.items() if name != "row norms"} == {n}


def test_interruptible_needs_results():
    found = [1]
    with interruptible(found):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), interruptible(found, 2):
        raise KeyboardInterrupt
    with pytest.raises(ValueError, match="no interrupt"), interruptible(found):
        raise ValueError("no interrupt")


def test_what_takes_long_shows_its_progress(tiny_model, vector, capsys):
    calls = {
        "boundary": lambda p: boundary(tiny_model, "brightness", read, "mean difference", 50, progress=p),
        "find_directions": lambda p: find_directions(tiny_model, read, count=2, seeds=range(4), progress=p),
        "transfer_rate": lambda p: transfer_rate(tiny_model, vector, "brightness", read, range(2), progress=p),
        "safe_strength": lambda p: safe_strength(vector, tiny_model, range(2), progress=p),
        "strength_strip": lambda p: strength_strip(tiny_model, vector, range(2), progress=p),
        "part_channels": lambda p: part_channels(tiny_model, "spark", range(2), 1, progress=p),
        "ways_to_edit": lambda p: ways_to_edit(
            tiny_model, vector, "brightness", read, (), 50, (), candidates=1, progress=p
        ),
        "picture_distances": lambda p: picture_distances(
            *np.random.default_rng(0).integers(0, 255, (2, 10, 8, 8, 3), np.uint8), embed, progress=p
        ),
        "leakage": lambda p: leakage(tiny_model, vector, read, 1, range(3), progress=p),
        "compare_vectors": lambda p: compare_vectors(tiny_model, vector, read, range(3), progress=p),
    }
    for name, call in calls.items():
        with pytest.warns() if name == "picture_distances" else pytest.MonkeyPatch.context():
            call(True)
            assert "100%" in capsys.readouterr().err, name
            call(False)
        assert capsys.readouterr().err == "", name


QUICK = {  # measured in a moment, or given by the user
    "attributes_of", "benjamini_hochberg", "boundary_of", "by_picture", "channel_vector", "compared_attributes",
    "cosines", "dlib_identity", "ganspace", "judged_parts", "labelled_seeds", "linear_separability",
    "marked_boundary", "orthogonalise", "pca_vectors", "regularise", "row_norms", "sample_size_of_mean",
    "sample_size_of_share", "sefa",
}  # fmt: skip


def test_every_other_public_function_has_a_progress_bar():
    functions = {name for name in analysis.__all__ if inspect.isfunction(getattr(analysis, name))}
    bars = {name for name in functions if "progress" in inspect.signature(getattr(analysis, name)).parameters}
    assert functions - bars == QUICK
