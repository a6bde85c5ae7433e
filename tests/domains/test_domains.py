from pathlib import Path

import pytest
import torch
from torch import nn

from editgan_widgets.domains import registry
from editgan_widgets.domains.domain import Domain, Judges
from editgan_widgets.domains.portraits import FINE_LABELS, load_segmenter
from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.models.editgan import EditGAN

SHAPES = LabelSet("shapes", [Label(0, "background", "#ffffff"), Label(1, "circle", "#ff0000")])


@pytest.fixture
def shapes(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})
    made = Domain("shapes", (SHAPES,), load_judges=lambda device: Judges(segmenter=nn.Conv2d(3, 2, 1).to(device)))
    registry.register(made)
    return made


def bare(tiny_model, labels, **metadata):
    return EditGAN(tiny_model.generator, None, None, labels, metadata)


def test_a_model_belongs_to_the_domain_named_in_its_metadata(tiny_model, shapes):
    assert registry.domain_of(bare(tiny_model, FINE_LABELS, domain="shapes")) is shapes


def test_a_model_without_such_metadata_belongs_to_the_domain_of_its_label_set(tiny_model, shapes):
    assert registry.domain_of(bare(tiny_model, SHAPES)) is shapes
    renamed = LabelSet("my parts", FINE_LABELS.labels)
    assert registry.domain_of(bare(tiny_model, renamed)).name == "portraits"


def test_a_model_of_an_unknown_domain_has_no_domain_and_no_judges(tiny_model):
    for model in (bare(tiny_model, SHAPES), bare(tiny_model, FINE_LABELS, domain="cats")):
        assert registry.domain_of(model) is None
        assert registry.judges_of(model) == Judges()


def test_judges_are_loaded_once_for_each_device(tiny_model, shapes):
    model = bare(tiny_model, SHAPES)
    assert registry.judges_of(model).segmenter is registry.judges_of(model).segmenter


def test_a_second_domain_of_the_same_name_is_refused(shapes):
    with pytest.raises(ValueError, match="a domain named 'shapes' is registered already"):
        registry.register(Domain("shapes", ()))
    registry.register(shapes)


def test_an_unknown_domain_is_refused_with_the_names_of_the_known_ones(shapes):
    with pytest.raises(ValueError, match="unknown domain 'cats'; known domains: portraits, shapes"):
        registry.domain("cats")


def test_a_caller_may_modify_its_loaded_judge():
    changed = load_segmenter()
    with torch.no_grad():
        changed.head.weight.zero_()
    assert load_segmenter().head.weight.any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"label_sets": SHAPES}, "label_sets of domain 'shapes' must be a tuple of LabelSets; got LabelSet"),
        ({"label_sets": "shapes"}, "label_sets of domain 'shapes' must be a tuple of LabelSets; got 'shapes'"),
        ({"label_sets": None}, "label_sets of domain 'shapes' must be a tuple of LabelSets; got None"),
        ({"vectors": Path("vectors")}, "vectors of domain 'shapes' must be a tuple of Paths; got"),
        ({"captions": "a circle"}, "captions of domain 'shapes' must be a tuple of texts; got 'a circle'"),
        ({"incidental": "hue"}, "incidental of domain 'shapes' must be a frozenset of names; got 'hue'"),
    ],
)
def test_one_value_where_a_domain_has_several_is_refused(given, message, unchecked):
    with pytest.raises(ValueError, match=message):
        Domain(**{"name": "shapes", "label_sets": (SHAPES,), **given})


def test_only_a_domain_can_be_registered(unchecked):
    with pytest.raises(ValueError, match=r"register takes a Domain, .*; got 'cars'"):
        registry.register("cars")


def test_label_sets_of_releases_and_of_all_domains_are_found_by_name(shapes):
    assert registry.find_label_set("shapes") is SHAPES
    assert registry.find_label_set(FINE_LABELS.name) is FINE_LABELS
    assert len(registry.find_label_set("car-32")) == 32
    with pytest.raises(
        ValueError, match=r"unknown label set 'car-7'; known label sets: car-32, .*bedroom-19, .*shapes"
    ):
        registry.find_label_set("car-7")
