"""The public names of the package. A change here changes the public interface and belongs in CHANGELOG.md."""

import dataclasses
import importlib
import inspect
import subprocess
import sys

import pytest

import editgan_widgets

TOP_LEVEL = [
    "DragPoint",
    "EditConfig",
    "EditGAN",
    "EditSession",
    "EditStep",
    "EditVector",
    "Stroke",
    "__version__",
    "load_direction",
    "load_latents",
    "load_model",
]

# module, name, keyword parameters
CALLABLES = [
    ("editgan_widgets", "load_model", ["name_or_path", "device"]),
    ("editgan_widgets", "EditSession.from_seed", ["model", "seed", "truncation_psi", "config", "source"]),
    ("editgan_widgets", "EditSession.from_latent", ["model", "w_plus"]),
    ("editgan_widgets", "EditGAN.sample_w_plus", ["seed", "truncation_psi", "source"]),
    ("editgan_widgets", "EditSession.paint", ["stroke"]),
    ("editgan_widgets", "EditSession.set_label_map", ["label_map"]),
    ("editgan_widgets", "EditSession.edit", ["steps"]),
    ("editgan_widgets", "EditSession.undo", []),
    ("editgan_widgets", "EditSession.redo", []),
    ("editgan_widgets", "EditSession.edit_vector", ["name"]),
    ("editgan_widgets", "EditVector.apply", ["w_plus", "scale"]),
    ("editgan_widgets", "EditVector.save", ["path"]),
    ("editgan_widgets", "EditVector.load", ["path"]),
    ("editgan_widgets.widgets", "Editor", []),
    ("editgan_widgets.domains.portraits", "render", ["seed", "size", "backend"]),
    ("editgan_widgets.domains.portraits", "make_renderer", ["size", "backend"]),
    ("editgan_widgets.domains.portraits", "render_many", ["portraits", "size", "jobs", "backend"]),
    ("editgan_widgets", "EditGAN.encode", ["image"]),
    ("editgan_widgets.latent.embed", "embed", ["model", "image", "config", "on_step", "should_stop"]),
    ("editgan_widgets.domains.portraits", "load_segmenter", []),
    ("editgan_widgets.domains.portraits", "load_factor_regressor", ["path"]),
    ("editgan_widgets.domains.portraits", "load_identity", ["path"]),
    ("editgan_widgets.domains.portraits.dataset", "write_dataset", ["out", "count", "size", "seed0", "views", "jobs"]),
    ("editgan_widgets.analysis.quality_report", "measure_quality", ["model", "data_dir", "judges", "config"]),
    ("editgan_widgets.models.checkpoints", "load_generator", ["path"]),
    ("editgan_widgets.conversion", "convert", ["sources", "out", "labels", "half", "samples", "kinds", "index"]),
    ("editgan_widgets", "load_latents", ["path", "model", "space"]),
    ("editgan_widgets", "load_direction", ["path", "model", "index", "rows", "unit", "columns", "name", "force"]),
    ("editgan_widgets.label_sets", "label_set", ["name"]),
    ("editgan_widgets.models.perceptual", "perceptual_distance", ["discriminator", "vgg16", "heads", "device"]),
    ("editgan_widgets.models.generators.stylegan2", "MappingNetwork.forward", ["z", "truncation_psi"]),
    ("editgan_widgets.models.generators.stylegan2", "SynthesisNetwork.forward", ["w_plus", "noise_mode"]),
]


def test_the_top_level_list_is_pinned_and_sorted():
    assert list(editgan_widgets.__all__) == TOP_LEVEL == sorted(TOP_LEVEL)
    assert set(TOP_LEVEL) <= set(dir(editgan_widgets))


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_every_listed_name_exists(name):
    assert getattr(editgan_widgets, name) is not None


@pytest.mark.parametrize(("module", "path", "parameters"), CALLABLES, ids=lambda value: str(value))
def test_a_public_callable_has_the_documented_parameters(module, path, parameters):
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    assert set(parameters) <= set(inspect.signature(found).parameters)


@pytest.mark.parametrize("name", ["image", "label_map", "predicted_label_map"])
def test_a_session_has_its_public_attributes(session, name):
    assert getattr(session, name).dtype == "uint8"
    assert getattr(session, name).shape[:2] == (32, 32)


@pytest.mark.parametrize("name", ["generator", "discriminator", "interpreter", "labels", "fingerprint"])
def test_a_model_has_its_public_attributes(tiny_model, name):
    assert getattr(tiny_model, name) is not None


def test_labels_are_iterable_with_id_name_and_colour(tiny_model):
    assert [(label.id, label.name) for label in tiny_model.labels][:2] == [(0, "background"), (1, "shade")]
    assert all(label.color.startswith("#") for label in tiny_model.labels)


def test_a_portrait_has_image_label_map_and_factors():
    from editgan_widgets.domains.portraits import Portrait

    assert [field.name for field in dataclasses.fields(Portrait)] == ["image", "label_map", "factors", "landmarks"]


def test_an_unknown_name_raises_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(editgan_widgets, "no_such_name")  # noqa: B009 - as a user's typing mistake would


@pytest.mark.slow
@pytest.mark.parametrize(
    "imports",
    [
        [
            ("editgan_widgets", ("torch", "numpy", "ipywidgets", "ipycanvas")),
            ("editgan_widgets.cli", ("torch", "ipywidgets", "ipycanvas")),
        ],
        [("editgan_widgets.domains.portraits.dataset", ("torch", "ipywidgets", "ipycanvas"))],
        [
            ("editgan_widgets.documents.session", ("ipywidgets", "ipycanvas", "IPython", "anywidget")),
            ("editgan_widgets.analysis.mask_edits", ("ipywidgets", "ipycanvas", "IPython", "anywidget", "moderngl")),
        ],
    ],
)
def test_an_import_loads_only_the_required_libraries(imports):
    """The imports of a list take place in one process, one after the other."""
    code = f"""if True:
        import importlib, sys
        for imported, absent in {imports!r}:
            importlib.import_module(imported)
            print(imported, [name for name in absent if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{imported} []" for imported, _ in imports]
