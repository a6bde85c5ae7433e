"""A file given to the wrong reader is refused in one sentence that names its kind or its reader."""

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_model import TINY_LABELS

from editgan_widgets import EditSession, EditVector, load_direction, load_latents, load_model
from editgan_widgets.conversion import convert
from editgan_widgets.documents.photo import PhotoError, open_photo
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.saved_picture import open_picture, save_picture
from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.masks.mask_file import is_mask_of, mask_png, open_mask
from editgan_widgets.models.checkpoints import load_generator, to_rosinality

SIZE = (32, 32)
KINDS = (
    *("model.safetensors", "generator.pt", "state_dict.pt", "latents.npy", "projected_w.npz", "projector.pt"),
    *("arrays.safetensors", "boundary.npy", "vector.safetensors", "mask.png", "mask.npy", "photo.jpg", "session.png"),
    *("journal", "words.txt"),
)
MODELS = {"model.safetensors", "generator.pt", "state_dict.pt"}
READERS = {  # each reader and the kinds that it reads
    "load_model": (lambda path, model: load_model(path), {"model.safetensors"}),
    "load_generator": (
        lambda path, model: load_generator(path),
        {"model.safetensors", "generator.pt", "state_dict.pt"},
    ),
    "load_latents": (load_latents, {"latents.npy", "projected_w.npz", "projector.pt", "arrays.safetensors"}),
    "load_direction": (load_direction, {"boundary.npy", "vector.safetensors"}),
    "EditVector.load": (lambda path, model: EditVector.load(path), {"vector.safetensors"}),
    "open_mask": (lambda path, model: open_mask(path, TINY_LABELS, SIZE), {"mask.png", "mask.npy"}),
    "PhotoSession.open": (
        lambda path, model: PhotoSession.open(model, path, config=EmbedConfig(steps=1)),
        {"photo.jpg", "session.png"},
    ),
    "open_picture": (lambda path, model: open_picture(model, path), {"session.png"}),
    "EditSession.restore": (lambda path, model: EditSession.restore(model, path), {"journal"}),
}
WORDS = {  # text of the error for each kind
    "model.safetensors": r"is a model|load_model|another bundle",
    "generator.pt": "generator|torch.save",
    "state_dict.pt": "generator|torch.save",
    "latents.npy": "load_latents|numpy array|not whole|no 'g_ema'",
    "projected_w.npz": "load_latents|npz|not whole|no 'g_ema'",
    "projector.pt": "load_latents|torch.save|no 'g_ema'",
    "arrays.safetensors": "load_latents|latents",
    "boundary.npy": "load_direction|numpy array|not whole|no 'g_ema'",
    "vector.safetensors": "edit vector",
    "mask.png": "picture|mask|PNG",
    "mask.npy": "numpy array|uint8|no 'g_ema'",
    "photo.jpg": "picture|photo|JPEG|recipe",
    "session.png": "picture|PNG|no mask of",
    "journal": "folder|journal|directory",
    "words.txt": "text",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory, tiny_model):
    """One file of each kind."""
    folder, model = tmp_path_factory.mktemp("files"), tiny_model
    session = EditSession.from_seed(model, 0)
    rng = np.random.default_rng(0)
    model.save(folder / "model.safetensors")
    state = to_rosinality(model.generator)
    torch.save(state, folder / "generator.pt")
    torch.save(state.get("g_ema", state), folder / "state_dict.pt")
    latent = model.sample_w_plus(1)
    np.save(folder / "latents.npy", latent.numpy())
    np.savez(folder / "projected_w.npz", w=latent.numpy())
    torch.save({"a.jpg": {"img": torch.zeros(3, 32, 32), "latent": latent[0]}}, folder / "projector.pt")
    convert([folder / "latents.npy"], folder / "arrays.safetensors", kinds="latents")
    boundary = rng.normal(size=(1, 16)).astype(np.float32)
    np.save(folder / "boundary.npy", boundary / np.linalg.norm(boundary))
    EditVector("smile", 0.1 * torch.ones(8, 16)).save(folder / "vector.safetensors")
    (folder / "mask.png").write_bytes(mask_png(session.label_map, TINY_LABELS))
    np.save(folder / "mask.npy", session.label_map)
    Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8)).save(folder / "photo.jpg")
    save_picture(session, folder / "session.png")
    session.keep_journal(folder / "journal")
    (folder / "words.txt").write_text("These are words and no weights.\n" * 3)
    return folder


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reader", READERS)
def test_a_file_is_read_by_its_own_reader_and_refused_in_one_sentence_by_all_others(reader, kind, files, tiny_model):
    read, own = READERS[reader]
    if kind in own:
        read(files / kind, tiny_model)
        return
    with pytest.raises((ValueError, OSError), match=WORDS[kind]) as refusal:
        read(files / kind, tiny_model)
    message = str(refusal.value)
    assert kind in message or "the picture is a part mask" in message
    assert "\n" not in message
    assert len(message) < 1000


def test_a_generator_is_not_read_as_a_direction_although_it_has_a_mean_of_w(files, tiny_model):
    with pytest.raises(ValueError, match=r"is a generator, not a direction; convert it first: editgan convert"):
        load_direction(files / "generator.pt", tiny_model)
    with pytest.raises(ValueError, match="is a generator, not latents"):
        load_latents(files / "generator.pt", tiny_model)


@pytest.mark.parametrize("form", ["indexed", "RGB", "grey", "enlarged", "pixels"])
def test_a_part_mask_is_refused_as_a_photo_unless_forced(form, tiny_model, tmp_path):
    label_map = EditSession.from_seed(tiny_model, 0).label_map
    with Image.open(_written(tmp_path / "mask.png", mask_png(label_map, TINY_LABELS))) as image:
        made = {
            "indexed": image,
            "RGB": image.convert("RGB"),
            "grey": Image.fromarray(label_map),
            "enlarged": image.resize((96, 96), Image.Resampling.NEAREST),
            "pixels": image.convert("RGB"),
        }[form]
        made.save(tmp_path / "given.png")
    source = np.asarray(made) if form == "pixels" else tmp_path / "given.png"
    with pytest.raises(PhotoError, match=r"is a part mask of 'tiny', not a photo: session\.load_mask .* force=True"):
        PhotoSession.open(tiny_model, source, config=EmbedConfig(steps=1))
    assert PhotoSession.open(tiny_model, source, config=EmbedConfig(steps=1), force=True).photo.width > 0
    assert open_photo(source).pixels.shape[2] == 3


def _written(path, content):
    path.write_bytes(content)
    return path


def test_a_large_mask_is_told_from_a_photo_as_a_small_one_is(tiny_model):
    labels = tiny_model.labels
    mask = np.zeros((2000, 3000), np.uint8)
    mask[700:1500, 900:2100] = 1
    assert is_mask_of(labels.colorize(mask), labels)
    noisy = labels.colorize(mask).astype(int) + np.random.default_rng(0).integers(-60, 60, (2000, 3000, 3))
    assert not is_mask_of(np.clip(noisy, 0, 255).astype(np.uint8), labels)
