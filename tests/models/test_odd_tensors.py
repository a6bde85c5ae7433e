"""Tensors, lists and headers in unusual but valid forms are read as by torch; hostile ones are refused quickly."""

import contextlib
import pickle
import struct
import time
import zipfile

import numpy as np
import pytest
import torch

from editgan_widgets import load_direction, load_latents
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.tensor_files import read_tensors

ROWS, WIDTH = 8, 16  # of the tiny model
W = torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(1))
COMPLEX = torch.complex(W, W + 1)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "tensor",
    [
        torch._neg_view(W),
        COMPLEX.conj().imag,
        COMPLEX.conj(),
        torch._neg_view(COMPLEX.conj()),
        W[0].clone().expand(ROWS, -1),
    ],
    ids=["negated", "imaginary part", "conjugate", "negated conjugate", "repeated row"],
)
def test_tensors_stored_as_views_have_the_values_of_torch(tensor, zipped, tmp_path):
    torch.save({"w": tensor}, tmp_path / "w.pt", _use_new_zipfile_serialization=zipped)
    read = read_tensors(tmp_path / "w.pt")["w"]
    assert torch.equal(read, tensor.clone())
    assert not read.is_neg()
    assert not read.is_conj()


def test_a_tensor_with_other_properties_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(torch._utils, "get_tensor_metadata", lambda tensor: {"inverted": True})
    torch.save({"w": W}, tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match="other than 'neg' and 'conj'"):
        read_tensors(tmp_path / "w.pt")


def test_an_expanded_row_is_limited_in_size(tmp_path):
    torch.save(torch.zeros(1).expand(2**26), tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match="of shape"):
        read_tensors(tmp_path / "w.pt")
    torch.save([torch.zeros(1).expand(2**24 + i) for i in range(3)], tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match="more than 33,554,432 elements"):
        read_tensors(tmp_path / "w.pt")


@pytest.mark.parametrize(
    "content",
    [W.tolist(), {"w": W.tolist()}, list(W), tuple(W), {"latents": list(W)}, [W.tolist()], [list(W)], list(W.numpy())],
)
def test_a_list_of_a_latents_rows_is_read_as_one_latent(content, tiny_model, tmp_path):
    torch.save(content, tmp_path / "latent.pt")
    assert torch.equal(load_latents(tmp_path / "latent.pt", tiny_model), W[None])


@pytest.mark.parametrize("content", [W[:3].tolist(), list(W[:3]), {"w": tuple(W[:3])}, [x.tolist() for x in W[:3]]])
def test_a_list_of_another_number_of_codes_is_read_as_latents_of_w(content, tiny_model, tmp_path):
    torch.save(content, tmp_path / "latents.pt")
    assert torch.equal(load_latents(tmp_path / "latents.pt", tiny_model), W[:3, None].expand(-1, ROWS, -1))
    torch.save(W[0].tolist(), tmp_path / "latent.pt")
    assert torch.equal(load_latents(tmp_path / "latent.pt", tiny_model), W[0].expand(1, ROWS, -1))


@pytest.mark.parametrize("content", [[[1.0] * WIDTH, [1.0]], [[1.0, [1.0]]]])
def test_a_ragged_list_is_refused(content, tiny_model, tmp_path):
    torch.save(content, tmp_path / "latents.pt")
    with pytest.raises(CheckpointError, match="not all of one length"):
        load_latents(tmp_path / "latents.pt", tiny_model)


@pytest.mark.parametrize(
    "shape", ["(0, 99999999999999999999999)", "(True,)", "(0, 2**3)", "(0, 1" + ", 281474976710655" * 3 + ")"]
)
def test_an_impossible_array_shape_is_refused(shape, tmp_path):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        body = b"\0" * (4 if "True" in shape else 0)
        archive.writestr("w.npy", b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + body)
    with pytest.raises(CheckpointError, match=r"w\.npy"):
        read_tensors(tmp_path / "w.npz")


@pytest.mark.parametrize("index", [1.7, [0], float("inf"), float("nan"), True, "1.0", "-1", ()])
def test_an_index_that_is_not_an_integer_is_refused(index, tiny_model, tmp_path, unchecked):
    np.save(tmp_path / "directions.npy", W[:3].numpy())
    with pytest.raises(CheckpointError, match="index"):
        load_direction(tmp_path / "directions.npy", tiny_model, index=index)


def of_a_long_global() -> bytes:
    long = b"X" + struct.pack("<I", 2**22) + b"a" * 2**22
    return b"\x80\x04" + long + b"q\x000" + b"h\x00h\x00\x930" * 90_000 + b"N."


def of_colliding_keys() -> bytes:
    return (
        pickle.dumps({(2**61 - 1) * i: None for i in range(1, 1000)})[:-1]
        + b"0"
        + (
            b"}("
            + b"".join(b"\x8a\x0a" + ((2**61 - 1) * i).to_bytes(10, "little") + b"N" for i in range(150_000))
            + b"u."
        )
    )


def of_a_huge_key() -> bytes:
    huge = b"\x8b" + struct.pack("<i", 2**22) + b"\x7f" * 2**22
    return b"\x80\x04" + huge + b"q\x000}" + b"h\x00Ns" * 100_000 + b"."


def of_pairs_of_long_text() -> bytes:
    long = b"X" + struct.pack("<I", 2**22) + b"a" * 2**22
    return b"\x80\x04ccollections\nOrderedDict\n" + b"(]" + long + b"q\x000(" + b"h\x00" * 100_000 + b"etR."


def of_a_text_of_nested_lists() -> bytes:
    nested = b"]q\x00" + b"".join(b"](h" + bytes([i]) + b"h" + bytes([i]) + b"eq" + bytes([i + 1]) for i in range(60))
    return b"\x80\x04" + nested + b"0cnumpy\ndtype\n(X\x02\0\0\0f4tR(Nh<tb."


@pytest.mark.slow
@pytest.mark.parametrize(
    "made", [of_a_long_global, of_colliding_keys, of_a_huge_key, of_pairs_of_long_text, of_a_text_of_nested_lists]
)
def test_every_small_pickle_is_read_quickly(made, tmp_path):
    (tmp_path / "w.pkl").write_bytes(made())
    begun = time.process_time()
    with contextlib.suppress(CheckpointError):
        read_tensors(tmp_path / "w.pkl")
    assert time.process_time() - begun < 30  # about 8 on an idle core
