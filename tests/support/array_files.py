"""Array files in the formats of other programs."""

import json
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


def objects_npy(path, content):
    """Write a dict, a list or an object as numpy.save does: a pickle after numpy's header."""
    np.save(path.with_suffix(".npy"), _as_objects(content), allow_pickle=True)
    return path.with_suffix(".npy")


def objects_npz(path, **contents):
    arrays = {name: x if isinstance(x, np.ndarray) else _as_objects(x) for name, x in contents.items()}
    np.savez(path.with_suffix(".npz"), **arrays)
    return path.with_suffix(".npz")


def json_file(path, content, encoding="utf-8"):
    path.with_suffix(".json").write_text(json.dumps(content), encoding)
    return path.with_suffix(".json")


def _as_objects(content):
    if isinstance(content, np.ndarray):
        return content
    made = np.empty((), object)
    made[()] = content
    return made
