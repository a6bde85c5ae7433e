"""Files of arrays as other programs write them."""

import pickle

import numpy as np
import torch


def npz(path, **arrays):
    np.savez(path.with_suffix(".npz"), **{name: np.asarray(value) for name, value in arrays.items()})
    return path.with_suffix(".npz")


def packed(path, **arrays):
    np.savez_compressed(path.with_suffix(".npz"), **{name: np.asarray(value) for name, value in arrays.items()})
    return path.with_suffix(".npz")


def npy(path, array):
    np.save(path.with_suffix(".npy"), array)
    return path.with_suffix(".npy")


def pt(path, content, legacy=False):
    torch.save(content, path.with_suffix(".pt"), _use_new_zipfile_serialization=not legacy)
    return path.with_suffix(".pt")


def pkl(path, content):
    path.with_suffix(".pkl").write_bytes(pickle.dumps(content))
    return path.with_suffix(".pkl")
