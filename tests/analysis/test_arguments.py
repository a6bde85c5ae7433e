"""What a notebook user types: near misses work where the meaning is clear, others get the next move at once."""

import inspect
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from brightness import embed, read
from PIL import Image

import editgan_widgets.analysis as analysis
from editgan_widgets import EditVector
from editgan_widgets.analysis import (
    EditWay,
    LabelledLatents,
    apply_to,
    attribute_curve,
    attributes_of,
    benjamini_hochberg,
    boundary,
    boundary_of,
    by_labels,
    by_picture,
    channel_vector,
    compare_edits,
    compare_vectors,
    compared_attributes,
    cosines,
    disentanglement,
    disentanglement_of,
    effect_map,
    find_directions,
    ganspace,
    interaction,
    interpreter_uncertainty,
    labelled_latents,
    labelled_seeds,
    leakage,
    linear_separability,
    marked_boundary,
    nonlinearity,
    orthogonalise,
    part_channels,
    path_length,
    pca_vectors,
    picture_distances,
    regularise,
    row_norms,
    safe_strength,
    sample_size_of_mean,
    sample_size_of_share,
    sefa,
    stability,
    strength_strip,
    study_vector,
    transfer_rate,
    ways_to_edit,
)
from editgan_widgets.models.editgan import EditGAN

pytestmark = pytest.mark.usefixtures("unchecked")


def made(model: EditGAN, name: str, seed: int, **recipe) -> EditVector:
    delta = torch.randn(model.generator.num_rows, model.generator.w_dim, generator=torch.Generator().manual_seed(seed))
    return EditVector(name, delta / delta.norm(), ("spark",), {"fingerprint": model.fingerprint, **recipe})


@pytest.fixture(scope="module")
def brighter(tiny_model):
    w_plus = torch.cat([tiny_model.sample_w_plus(seed) for seed in range(8)]).requires_grad_()
    (gradient,) = torch.autograd.grad(tiny_model.generator.synthesis(w_plus).image.mean(), [w_plus])
    delta = gradient.mean(0)
    recipe = {"fingerprint": tiny_model.fingerprint, "attribute": "brightness", "seed": 100}
    return EditVector("brighter", delta / delta.norm(), ("spark",), recipe)


@pytest.fixture(scope="module")
def second(tiny_model):
    return made(tiny_model, "second", 2)


# What works


def test_one_vector_and_a_library_by_name_stand_for_several(tiny_model, brighter, second):
    library = {"brighter": brighter, "second": second}
    assert cosines(library).names == cosines([brighter, second]).names == ("brighter", "second")
    assert pca_vectors(brighter).names == ("brighter",)
    assert len(compare_vectors(tiny_model, library, seeds=range(2)).rows) == 2
    assert len(compare_vectors(tiny_model, brighter, seeds=range(2)).rows) == 1
    assert torch.equal(
        orthogonalise(brighter, {"second": second}).delta_w_plus, orthogonalise(brighter, second).delta_w_plus
    )


def test_leakage_takes_the_attributes_from_the_recipes(tiny_model, brighter):
    by_name = leakage(tiny_model, {"brightness": brighter}, read, seeds=range(4))
    for given in (brighter, [brighter], {"brighter": brighter}):
        assert leakage(tiny_model, given, read, seeds=range(4)).matrix == pytest.approx(by_name.matrix)
    twice = leakage(tiny_model, [brighter, brighter], read, seeds=range(4))
    assert twice.targets == ("brightness", "brightness")
    assert twice.vectors == ("brighter", "brighter")


def test_a_boundary_stands_for_its_vector(tiny_model):
    w = torch.cat([tiny_model.sample_w_plus(seed) for seed in range(6)])
    found = marked_boundary(tiny_model, w, [1, 1, 1, 0, 0, 0])
    assert row_norms(found, tiny_model).vector == found.vector.name
    assert cosines([found, found.vector]).cosine[0, 1] == pytest.approx(1)
    learned = stability(lambda seed: found, range(2))
    assert learned.agreement.value == pytest.approx(1)


def test_model_and_vector_may_be_given_in_either_order(tiny_model, brighter):
    assert np.array_equal(row_norms(tiny_model, brighter).spreads, row_norms(brighter, tiny_model).spreads)
    first = safe_strength(brighter, tiny_model, seeds=range(3))
    assert safe_strength(tiny_model, brighter, seeds=range(3)).strength == first.strength
    assert np.array_equal(
        effect_map(brighter, tiny_model, range(2)).mean, effect_map(tiny_model, brighter, range(2)).mean
    )
    assert regularise(tiny_model, brighter).name == "brighter, regularised"


def test_a_single_name_number_and_part_stand_for_several(tiny_model, brighter):
    assert effect_map(tiny_model, brighter, range(2), target="glow").target == ("glow",)
    assert effect_map(tiny_model, brighter, range(2), target="light").target == ("shade", "glow")  # a group
    assert attribute_curve(tiny_model, brighter, "brightness", read, 2, range(3)).strengths.tolist() == [0, 2]
    assert strength_strip(tiny_model, brighter, range(1), 1).strengths == (0, 1)
    assert [x.space for x in disentanglement_of(tiny_model, read, "w", samples=50).values()] == ["w"]


def test_channels_of_parts_are_found_by_name_group_and_id(tiny_model):
    by_id = part_channels(tiny_model, [1, 2], seeds=range(2), count=2)
    for parts in ("light", ["shade", "glow"], ["light"]):
        assert part_channels(tiny_model, parts, seeds=range(2), count=2) == by_id
    assert part_channels(tiny_model, 3, seeds=range(2), count=2) == part_channels(
        tiny_model, "spark", seeds=range(2), count=2
    )


def test_readers_come_as_a_judge_a_dictionary_or_tensors(tiny_model, brighter):
    class Judge:
        def read(self, pictures):
            return read(pictures)

    plain = attribute_curve(tiny_model, brighter, "brightness", read, seeds=range(3))
    judged = attribute_curve(tiny_model, brighter, "brightness", Judge(), seeds=range(3))
    tensors = attribute_curve(
        tiny_model, brighter, "brightness", lambda pictures: {"brightness": pictures.mean((1, 2, 3))}, seeds=range(3)
    )
    assert plain.slope == judged.slope == pytest.approx(tensors.slope)
    named = attribute_curve(tiny_model, brighter, "mean", {"mean": lambda picture: picture.mean()}, seeds=range(3))
    assert named.slope > 0


NETWORK = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(12, 3))


def by_network(pictures):
    return {"brightness": NETWORK(pictures)[:, 0]}


USERS_OF_READERS = {
    "attribute_curve": lambda m, v: attribute_curve(m, v, "brightness", by_network, seeds=range(3)),
    "leakage": lambda m, v: leakage(m, v, by_network, seeds=range(3)),
    "study_vector": lambda m, v: study_vector(m, v, by_network, seeds=range(3)),
    "transfer_rate": lambda m, v: transfer_rate(m, v, "brightness", by_network, seeds=range(3)),
    "boundary": lambda m, v: boundary(m, "brightness", by_network, samples=60),
    "find_directions": lambda m, v: find_directions(m, by_network, count=2, seeds=range(3)),
    "disentanglement_of": lambda m, v: disentanglement_of(m, by_network, "w", samples=50),
    "compare_vectors": lambda m, v: compare_vectors(m, v, by_network, seeds=range(3)),
    "labelled_latents": lambda m, v: labelled_latents(m, "brightness", by_network, count=20),
}


@pytest.mark.parametrize("name", USERS_OF_READERS)
def test_a_network_with_gradients_reads_pictures(tiny_model, brighter, name):
    assert USERS_OF_READERS[name](tiny_model, brighter) is not None


def test_embeddings_of_faces_are_scaled_to_unit_length(tiny_model, brighter):
    report = transfer_rate(
        tiny_model,
        brighter,
        "brightness",
        read,
        seeds=range(3),
        identity=lambda pictures: 100 * embed(pictures).numpy(),
    ).report
    plain = transfer_rate(tiny_model, brighter, "brightness", read, seeds=range(3), identity=embed).report
    assert report.identity.value == pytest.approx(plain.identity.value, abs=1e-6)
    assert -1 <= report.identity.value <= 1


def test_floats_from_0_to_1_are_suspected_to_be_of_another_range():
    pictures = torch.rand(10, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    with pytest.warns(UserWarning, match="from 0 to 1 only"), pytest.warns(match="below 2,048"):
        picture_distances(pictures, 2 * pictures - 1, embed)


def test_features_may_be_arrays_of_numpy():
    pictures = torch.rand(10, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with pytest.warns(match="below 2,048"):
        found = picture_distances(pictures, pictures, lambda some: some.mean((2, 3)).numpy())
    assert found.kid.low <= 0 <= found.kid.high


def test_labels_of_your_own_latents_come_as_arrays_lists_and_tensors(tiny_model):
    w = torch.cat([tiny_model.sample_w_plus(seed, 1.0)[:, 0] for seed in range(40)])
    scores = w[:, 0].clone()
    expected = boundary_of(tiny_model, LabelledLatents(w, scores.numpy(), "a"), "mean difference").vector.delta_w_plus
    for given in (w.numpy(), w.tolist(), w.clone().requires_grad_()):
        labels = scores.clone().requires_grad_()
        found = boundary_of(tiny_model, LabelledLatents(given, labels, "a"), "mean difference")
        assert torch.equal(found.vector.delta_w_plus, expected)


def test_codes_and_factors_may_have_gradients():
    codes = torch.randn(60, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert disentanglement(codes, {"first": codes[:, 0]}).informativeness[0] > 0.9
    assert linear_separability(codes, {"a": codes[:, 0] > 0}) < 2


def test_pictures_come_as_lists_of_arrays_tensors_and_images():
    rng = np.random.default_rng(0)
    sets = [[rng.integers(0, 256, (8, 8, 3), np.uint8) for _ in range(10)] for _ in range(2)]
    arrays = [np.stack(pictures) for pictures in sets]
    with pytest.warns(match="below 2,048"):
        expected = picture_distances(*arrays, embed).kid
    floats = [torch.from_numpy(array).permute(0, 3, 1, 2) / 127.5 - 1 for array in arrays]
    forms = [
        sets,
        [[Image.fromarray(picture) for picture in pictures] for pictures in sets],
        floats,
        [list(tensor) for tensor in floats],
        [list(tensor.split(1)) for tensor in floats],
        [tensor.numpy() for tensor in floats],
    ]
    for form in forms:
        with pytest.warns(match="below 2,048"):
            assert picture_distances(*form, embed).kid.value == pytest.approx(expected.value, abs=1e-4)


def test_latents_of_samples_and_codes_as_tensors_fit(tiny_model):
    w_plus = torch.cat([tiny_model.sample_w_plus(seed) for seed in range(6)])
    marks = np.array([1, 0, 1, 0, 1, 0])
    first = marked_boundary(tiny_model, w_plus, marks)
    assert torch.equal(
        marked_boundary(tiny_model, w_plus[:, 0].numpy(), marks.astype(bool)).vector.delta_w_plus,
        first.vector.delta_w_plus,
    )
    codes = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    assert disentanglement(codes, {"first": codes[:, 0].tolist()}).informativeness[0] > 0.9


def test_numbers_of_numpy_and_repeated_seeds_are_accepted(tiny_model, brighter):
    once = effect_map(tiny_model, brighter, np.arange(2), np.float32(1), seed=np.int64(0))
    again = effect_map(tiny_model, brighter, [0, 1, 1, 0])
    assert once.basis.n == again.basis.n == 2
    assert once.mean == pytest.approx(again.mean)
    assert benjamini_hochberg({"smile": 0.001, "hat": 0.9}).tolist() == [True, False]


# What is refused, and how

REFUSED = {
    "a number of portraits as seeds": (
        lambda m, v: effect_map(m, v, seeds=3),
        r"seeds are the seeds of portraits, several numbers; got 3; give range\(3\)",
    ),
    "text as seeds": (lambda m, v: nonlinearity(m, v, seeds="0:100"), r"such as range\(100\)"),
    "half a seed": (lambda m, v: strength_strip(m, v, seeds=[0.5]), "each of seeds must be a whole number"),
    "a negative seed": (lambda m, v: safe_strength(v, m, seeds=[-1]), "each of seeds must be a whole number from 0"),
    "latents as seeds": (lambda m, v: effect_map(m, v, seeds=m.sample_w_plus(0)), "each of seeds must be a whole"),
    "no seeds": (lambda m, v: interpreter_uncertainty(m, seeds=[]), "no seeds were given"),
    "the name of a vector": (
        lambda m, v: effect_map(m, "smile"),
        r"vector must be an EditVector; got 'smile'; give load_vectors\(model\)\['smile'\]",
    ),
    "the file of a vector": (lambda m, v: row_norms("a.safetensors"), r"give EditVector.load\('a.safetensors'\)"),
    "a library as one vector": (
        lambda m, v: attribute_curve(m, {"smile": v, "frown": v}, "brightness", read),
        "got a dict of 2; choose one of 'smile', 'frown'",
    ),
    "a list as one vector": (lambda m, v: safe_strength([v], m), "got a list of 1; give one of them"),
    "a tensor as a vector": (lambda m, v: nonlinearity(m, v.delta_w_plus), r"EditVector\(name, delta\)"),
    "names among the vectors": (
        lambda m, v: cosines([v, "smile"]),
        "each of vectors must be an EditVector; got 'smile'",
    ),
    "no vectors": (lambda m, v: pca_vectors([]), "no edit vector was given"),
    "a name to make orthogonal to": (lambda m, v: orthogonalise(v, "smile"), "against must be an EditVector"),
    "the name of a model": (
        lambda m, v: effect_map("portraits", v),
        r"model must be an EditGAN; got 'portraits'; load",
    ),
    "a floor in words": (lambda m, v: regularise(v, m, "low"), "floor must be a finite number"),
    "no model": (lambda m, v: compared_attributes(None), "model must be an EditGAN; got None"),
    "a function that makes readers": (
        lambda m, v: attribute_curve(m, v, "brightness", attributes_of),
        r"read got attributes_of itself.*call it: read=attributes_of\(model\)",
    ),
    "the uncalled reader of words": (lambda m, v: leakage(m, v, by_picture), r"by_picture\(smile=my_function\)"),
    "the uncalled judge of parts": (
        lambda m, v: interpreter_uncertainty(m, analysis.judged_parts),
        r"truth=judged_parts\(model\)",
    ),
    "the uncalled network of dlib": (
        lambda m, v: transfer_rate(m, v, "brightness", read, identity=analysis.dlib_identity),
        r"identity=dlib_identity\(\)",
    ),
    "a function of one picture": (
        lambda m, v: attribute_curve(m, v, "brightness", lambda picture: float(picture.mean())),
        r"read must return attributes by name, n values each; got .*by_picture\(smile=my_function\)",
    ),
    "one value for all pictures": (
        lambda m, v: study_vector(m, v, lambda pictures: {"brightness": pictures.mean()}),
        r"read must return one value of 'brightness' for each of 2 pictures; got shape \(\)",
    ),
    "a reader that fails": (
        lambda m, v: compare_vectors(m, [v], lambda pictures: {"a": pictures.brightness}),
        "read fails on pictures .* AttributeError",
    ),
    "no reader": (lambda m, v: attribute_curve(m, v, "brightness", None), "read must be attributes of pictures"),
    "a function without a name": (
        lambda m, v: by_picture(lambda picture: picture.mean()),
        r"by_picture\(smile=my_function\)",
    ),
    "a number as a function": (lambda m, v: by_picture(smile=3), "smile must be a function of a picture"),
    "a function that returns nothing": (
        lambda m, v: attribute_curve(m, v, "a", by_picture(a=lambda picture: None)),
        "attribute 'a' is None for a picture",
    ),
    "several attributes": (
        lambda m, v: attribute_curve(m, v, ["brightness"], read),
        "attribute is the name of one attribute",
    ),
    "no strengths": (lambda m, v: attribute_curve(m, v, "brightness", read, []), "no strengths were given"),
    "text as strengths": (lambda m, v: strength_strip(m, v, strengths="1"), "strengths are scales of a vector"),
    "an infinite strength": (lambda m, v: effect_map(m, v, strength=float("inf")), "strength must be a finite number"),
    "interaction at strength 0": (
        lambda m, v: interaction(m, v, v, strength=0),
        "at strength 0 no vector has an effect",
    ),
    "text as truncation": (
        lambda m, v: effect_map(m, v, truncation_psi="0.7"),
        "truncation_psi must be a finite number",
    ),
    "a negative random seed": (lambda m, v: effect_map(m, v, seed=-1), "seed must be a whole number from 0 up"),
    "an unknown target part": (lambda m, v: effect_map(m, v, target="nose"), "label 'nose' is not in LabelSet 'tiny'"),
    "an unknown part of channels": (lambda m, v: part_channels(m, ["nose"]), "label 'nose' is not in LabelSet 'tiny'"),
    "no parts": (lambda m, v: part_channels(m, []), "parts are names or ids of parts"),
    "a row that does not exist": (lambda m, v: channel_vector(m, 99, 0, 0), "row 99 of w_plus does not exist"),
    "a boundary of no samples": (lambda m, v: boundary(m, "brightness", read, samples=0), "20 or more.*got 0"),
    "a boundary of five samples": (lambda m, v: boundary(m, "brightness", read, samples=5), "20 or more.*got 5"),
    "the boundary of one class": (
        lambda m, v: marked_boundary(m, torch.zeros(3, 16), ["+", "-", "+"]),
        "positive must be labels, True or False, or 1 or 0",
    ),
    "labelled latents without labels": (
        lambda m, v: boundary_of(m, torch.zeros(30, 16)),
        "latents must be LabelledLatents",
    ),
    "a list of labels": (lambda m, v: by_labels(m, [1, 0]), "labels are 1 or 0 by seed"),
    "labels of no one": (lambda m, v: labelled_seeds(m, {}), "no seeds were given"),
    "a reader without attributes": (
        lambda m, v: labelled_latents(m, "smile", lambda pictures: {}),
        "read returns no attributes",
    ),
    "latents of another width": (lambda m, v: marked_boundary(m, torch.zeros(4, 5), [1, 1, 0, 0]), r"\[n, 16\]; got"),
    "unequal rows in W": (
        lambda m, v: marked_boundary(m, torch.randn(4, m.generator.num_rows, 16), [1, 1, 0, 0]),
        "the rows of these latents differ",
    ),
    "a class in place of a function": (lambda m, v: stability(EditVector), "learn is EditVector itself"),
    "one seed for stability": (lambda m, v: stability(lambda seed: v, [1]), "two seeds or more; 1 seed was given"),
    "a learner of names": (lambda m, v: stability(lambda seed: "smile", range(2)), "the result of learn must be an"),
    "one array of mixed sizes": (
        lambda m, v: picture_distances([np.zeros((8, 8, 3), np.uint8), np.zeros((4, 4, 3), np.uint8)], [], embed),
        "first has pictures of several shapes",
    ),
    "one number for each picture as features": (
        lambda m, v: picture_distances(torch.zeros(10, 3, 8, 8), torch.zeros(10, 3, 8, 8), lambda x: x.mean((1, 2, 3))),
        r"features must return a vector for each picture, a tensor \[n, d\]; got shape \(10,\) for 10 pictures",
    ),
    "features without numbers": (
        lambda m, v: picture_distances(np.zeros((20, 0)), np.zeros((20, 0))),
        "first has features of no numbers",
    ),
    "features of words": (
        lambda m, v: picture_distances(np.full((20, 2), "a"), np.zeros((20, 2))),
        "first is an array of <U1, which are no numbers",
    ),
    "one number for each picture as identity": (
        lambda m, v: transfer_rate(m, v, "brightness", read, seeds=[3], identity=lambda x: x.mean((1, 2, 3))),
        r"identity must return a vector for each picture, a tensor \[n, d\]; got shape \(2,\) for 2 pictures",
    ),
    "a reader of words": (
        lambda m, v: attribute_curve(m, v, "a", lambda pictures: {"a": ["x"] * len(pictures)}),
        "read must return real numbers for 'a'; got 'x'",
    ),
    "a reader of complex numbers": (
        lambda m, v: attribute_curve(m, v, "a", lambda pictures: {"a": np.ones(len(pictures), complex)}),
        "read must return real numbers for 'a'",
    ),
    "codes without columns": (
        lambda m, v: disentanglement(np.zeros((60, 0)), {"a": np.arange(60.0)}),
        r"one row of numbers for each sample, \[n, d\]; got shape \(60, 0\)",
    ),
    "a thousand million bins": (
        lambda m, v: disentanglement(np.zeros((60, 2)), {"a": np.arange(60.0)}, bins=10**9),
        "bins must be a whole number from 2 to 1000",
    ),
    "p-values in words": (lambda m, v: benjamini_hochberg("ab"), "p_values are numbers from 0 to 1"),
    "an attribute that one half lacks": (
        lambda m, v: linear_separability(np.random.default_rng(0).normal(size=(400, 8)), {"a": np.arange(400) == 0}),
        "attribute 'a' is the same for all samples of one half",
    ),
    "latents that are no numbers": (
        lambda m, v: linear_separability(np.full((400, 8), np.nan), {"a": np.arange(400) % 2}),
        "latents must be finite numbers",
    ),
    "labelled latents that are no numbers": (
        lambda m, v: LabelledLatents(torch.full((30, 16), torch.nan), np.arange(30.0), "a"),
        "some of them are not finite",
    ),
    "labelled latents that are all the same": (
        lambda m, v: boundary_of(m, LabelledLatents(torch.ones(30, 16), np.arange(30.0), "a")),
        "all latents are the same",
    ),
    "a transfer at scale 0": (
        lambda m, v: transfer_rate(m, v, "brightness", read, seeds=[3], scale=0),
        "at scale 0 'brighter' changes nothing",
    ),
    "a source change of 0": (
        lambda m, v: transfer_rate(m, v, "brightness", read, seeds=[3], source_change=0),
        "source_change is a change of 'brightness', a number other than 0; got 0",
    ),
    "a distance of nan": (
        lambda m, v: path_length(m, "w", 10, distance=lambda a, b: float("nan")),
        "distance returned nan",
    ),
    "a reader of nan for directions": (
        lambda m, v: find_directions(m, by_picture(a=lambda picture: float("nan")), count=1, seeds=range(3)),
        "read returned no finite number for any of the 3 portraits",
    ),
    "one picture as a set": (
        lambda m, v: picture_distances(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8), embed),
        "this is one picture",
    ),
    "pictures in 0 to 255": (
        lambda m, v: picture_distances(torch.full((10, 3, 8, 8), 99.0), torch.zeros(10, 3, 8, 8), embed),
        r"first has values up to 99; give pictures.*in \[-1, 1\]",
    ),
    "factors without names": (lambda m, v: disentanglement(np.zeros((60, 2)), np.zeros((60, 2))), "values by name"),
    "one row of codes": (
        lambda m, v: disentanglement(np.zeros(60), {"a": np.zeros(60)}),
        "one row of numbers for",
    ),
    "an unknown space": (lambda m, v: disentanglement_of(m, read, "zw"), "unknown space 'zw'"),
    "labels of words": (
        lambda m, v: linear_separability(np.zeros((50, 2)), {"a": ["yes"] * 50}),
        "attribute 'a' must be labels",
    ),
    "a share of 5": (lambda m, v: sample_size_of_share(5), "0.05 for 5 percentage points"),
    "a deviation in words": (lambda m, v: sample_size_of_mean(0.1, "0.5"), "std must be a number"),
    "p-values in percent": (lambda m, v: benjamini_hochberg([5, 20]), "p_values are numbers from 0 to 1"),
    "a vector in place of a way": (
        lambda m, v: compare_edits(m, [v], "brightness", read, embed, embed),
        "ways are EditWays; got an EditVector; make one",
    ),
    "two ways of one name": (
        lambda m, v: compare_edits(m, [EditWay("a", v, 1)] * 2, "brightness", read, embed, embed),
        "two ways are named 'a'",
    ),
    "a target without attributes": (lambda m, v: study_vector(m, v, target="smile"), "the target 'smile' needs read"),
    "vectors without attributes": (
        lambda m, v: leakage(m, replace(v, recipe={}), read),
        r"names no attribute; give vectors by their target attribute: \{'smile': vector\}",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_arguments_are_refused_with_the_next_move(tiny_model, brighter, case):
    call, message = REFUSED[case]
    with pytest.raises((ValueError, IndexError), match=message):
        call(tiny_model, brighter)


def test_wrong_calls_get_python_s_own_error(tiny_model, brighter):
    with pytest.raises(TypeError, match=r"effect_map\(\) got an unexpected keyword argument 'sead'"):
        effect_map(tiny_model, brighter, sead=3)
    with pytest.raises(TypeError, match=r"attribute_curve\(\) missing 1 required positional argument: 'read'"):
        attribute_curve(tiny_model, brighter, "brightness")


# Errors before the work


@pytest.fixture
def no_work(tiny_model, monkeypatch):
    """No more pictures are generated than functions of pictures are tried on."""
    made = []
    synthesis = tiny_model.generator.synthesis.forward

    def counted(w_plus, *args, **kwargs):
        made.append(len(w_plus))
        assert sum(made) <= 6, f"{sum(made)} pictures were generated before the error"
        return synthesis(w_plus, *args, **kwargs)

    monkeypatch.setattr(tiny_model.generator.synthesis, "forward", counted)
    return made


BEFORE_THE_WORK = {
    "boundary, method": (lambda m, v, out: boundary(m, "brightness", read, "lda"), "unknown method 'lda'"),
    "boundary, share": (lambda m, v, out: boundary(m, "brightness", read, share=5), "share must be above 0"),
    "boundary, attribute": (lambda m, v, out: boundary(m, "smile", read), "unknown attribute 'smile'"),
    "find_directions, method": (lambda m, v, out: find_directions(m, read, "pca"), "unknown method 'pca'"),
    "find_directions, attributes": (
        lambda m, v, out: find_directions(m, read, "mean difference", attributes="smile"),
        "unknown attribute 'smile'; known attributes: brightness, red",
    ),
    "find_directions, parts": (
        lambda m, v, out: find_directions(m, read, "stylespace", parts="nose"),
        "label 'nose' is not in",
    ),
    "find_directions, rows": (lambda m, v, out: find_directions(m, read, rows=(0, 99)), "rows"),
    "find_directions, samples": (lambda m, v, out: find_directions(m, read, "svm", samples=3), "from 20 up; got 3"),
    "compare_edits, attribute": (
        lambda m, v, out: compare_edits(m, [EditWay("a", v, 1)], "smile", read, embed, embed),
        "unknown attribute 'smile'",
    ),
    "compare_edits, identity": (
        lambda m, v, out: compare_edits(m, [EditWay("a", v, 1)], "brightness", read, lambda x: x, embed),
        r"identity must return a vector for each picture, a tensor \[n, d\]; got shape",
    ),
    "compare_edits, strengths": (
        lambda m, v, out: compare_edits(m, [EditWay("a", v, 1)], "brightness", read, embed, embed, strengths=[]),
        "no strengths were given",
    ),
    "study_vector, target": (lambda m, v, out: study_vector(m, v, read, target="smile"), "unknown attribute 'smile'"),
    "study_vector, strengths": (lambda m, v, out: study_vector(m, v, strengths="all"), "strengths are scales"),
    "attribute_curve, attribute": (lambda m, v, out: attribute_curve(m, v, "smile", read), "unknown attribute 'smile'"),
    "leakage, attribute": (lambda m, v, out: leakage(m, {"smile": v}, read), "unknown attribute 'smile'"),
    "transfer_rate, attribute": (lambda m, v, out: transfer_rate(m, v, "smile", read), "unknown attribute 'smile'"),
    "ways_to_edit, attribute": (lambda m, v, out: ways_to_edit(m, v, "smile", read), "unknown attribute 'smile'"),
    "ways_to_edit, refined": (lambda m, v, out: ways_to_edit(m, v, "brightness", read, refined=(0,)), "refined must"),
    "disentanglement_of, samples": (lambda m, v, out: disentanglement_of(m, read, samples=9), "50 or more"),
    "apply_to, vectors": (lambda m, v, out: apply_to(range(3), "smile", m, out), "vectors must be an EditVector"),
    "apply_to, strengths": (lambda m, v, out: apply_to(range(3), v, m, out, "1"), "strengths are scales"),
    "apply_to, read": (lambda m, v, out: apply_to(range(3), v, m, out, read=attributes_of), "call it: read="),
    "apply_to, embedding": (
        lambda m, v, out: apply_to(range(3), v, m, out, embedding="fast"),
        "must be an EmbedConfig",
    ),
    "apply_to, truncation": (
        lambda m, v, out: apply_to(range(3), v, m, out, truncation_psi="x"),
        "truncation_psi must",
    ),
    "apply_to, source": (
        lambda m, v, out: apply_to(range(3), v, m, out, seed_source="npy"),
        "seed_source is 'torch' or",
    ),
    "apply_to, redo": (lambda m, v, out: apply_to(range(3), v, m, out, redo="yes"), "redo must be True or False"),
    "path_length, space": (lambda m, v, out: path_length(m, "s"), "unknown space 's'"),
    "ganspace, count": (lambda m, v, out: ganspace(m, 99), "1 to 16; got 99"),
    "sefa, count": (lambda m, v, out: sefa(m, "all"), "count must be a whole number"),
}


@pytest.mark.parametrize("case", BEFORE_THE_WORK)
def test_wrong_arguments_are_found_before_pictures_are_sampled(tiny_model, brighter, no_work, tmp_path, case):
    call, message = BEFORE_THE_WORK[case]
    with pytest.raises(ValueError, match=message):
        call(tiny_model, brighter, tmp_path / "out")
    assert len(no_work) <= 3


@pytest.mark.parametrize("call", [
    lambda m, v: boundary(m, "brightness", read),
    lambda m, v: find_directions(m, read, "logistic"),
    lambda m, v: disentanglement_of(m, read),
    lambda m, v: ways_to_edit(m, v, "brightness", read),
])  # fmt: skip
def test_a_missing_library_is_found_before_pictures_are_sampled(tiny_model, brighter, no_work, monkeypatch, call):
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"pip install 'editgan-widgets\[analysis\]'"):
        call(tiny_model, brighter)


def test_every_public_function_that_measures_checks_its_arguments():
    """A new function of the package is in one of the two tables above, or takes neither a model nor a vector."""
    named = {name for case in (*REFUSED.values(), *BEFORE_THE_WORK.values()) for name in case[0].__code__.co_names}
    for name in analysis.__all__:
        thing = getattr(analysis, name)
        if inspect.isfunction(thing) and {"model", "vector", "vectors"} & set(inspect.signature(thing).parameters):
            assert name in named, f"no wrong call of {name} is tested"
