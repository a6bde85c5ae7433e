"""Files made to run code, crash or fill the memory are refused, with an error that names the file and a remedy."""

import argparse
import io
import json
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch

from editgan_widgets.conversion import convert
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError
from editgan_widgets.models.checkpoints import load_generator, read_bundle, write_bundle
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.sources import read_source

CANARY = "canary"  # folder that hostile files try to create
SHELL = f"touch {CANARY}"


class Calls:
    """Pickled as a function call."""

    def __init__(self, function, *arguments, state=None):
        self.function, self.arguments, self.state = function, arguments, state

    def __reduce__(self):
        return (self.function, self.arguments, *([self.state] if self.state is not None else []))


def dumped(content, protocol=4):
    return pickle.dumps(content, protocol=protocol)


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def torch_zip(data_pkl: bytes, entries=(), compress=zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compress) as archive:
        archive.writestr("archive/data.pkl", data_pkl)
        for name, data in entries:
            archive.writestr(name, data)
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def saved(content, zipped=True) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=zipped)
    return buffer.getvalue()


def npy(header: str, data: bytes = b"") -> bytes:
    encoded = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(encoded)) + encoded + data


def npy_saved(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def objects_npy(pickled: bytes, shape="()") -> bytes:
    """A `.npy` of Python objects: numpy would unpickle the bytes after the header."""
    return npy(f"{{'descr': '|O', 'fortran_order': False, 'shape': {shape}}}", pickled)


def npz(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def safetensors(header: bytes, length: int | None = None, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def storage(numel: int, size: bytes, stride: bytes, offset: int = 0) -> bytes:
    """A pickled tensor with arbitrary claims about the storage '0'."""
    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
        b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + b"\x8a\x08" + struct.pack("<q", numel) + b"tQ"
        b"\x8a\x08" + struct.pack("<q", offset) + size + stride + b"\x89}tR."
    )  # fmt: skip


G_EMA = {"g_ema": {"input.input": torch.ones(1, 2, 4, 4)}, "latent_avg": torch.zeros(2)}
MEMBER = {"model_state_dict": {"module.layers.0.weight": torch.ones(2, 2)}}
PLAIN = saved(G_EMA)
LEGACY = saved(G_EMA, zipped=False)
DEEP = 12_000

CODE = {  # files that start a shell or interpreter or write a file, by every means of a pickle
    "os.system.pkl": dumped(Calls(os.system, SHELL)),
    "os.system-in-objects.npy": objects_npy(dumped(Calls(os.system, SHELL))),
    "os.system-in-a-pickled-array.npy": npy_saved(np.array({"a.jpg": [Calls(os.system, SHELL)]}, object)),
    "os.system-in-an-array.npz": npz(w=objects_npy(dumped(Calls(os.system, SHELL)))),
    "os.system-protocol-0.pkl": dumped(Calls(os.system, SHELL), 0),
    "subprocess.pkl": b"\x80\x02csubprocess\ncheck_call\n(](X\x05\x00\x00\x00touchX\x06\x00\x00\x00canaryetR.",
    "eval.pkl": dumped(Calls(eval, f"__import__('os').mkdir({CANARY!r})")),
    "exec.pkl": dumped(Calls(exec, f"import os; os.mkdir({CANARY!r})")),
    "open.pkl": dumped(Calls(open, CANARY, "w")),
    "nested-reduce.pkl": dumped({"G_ema": [Calls(dict, [(1, Calls(os.mkdir, CANARY))])]}),
    "getattr.pkl": dumped(Calls(getattr, dict, "fromkeys")),
    "partial.pkl": b"\x80\x02cfunctools\npartial\n(cos\nmkdir\nX\x06\x00\x00\x00canarytR.",
    "run-source.pkl": b"\x80\x02ctorch_utils.persistence\n_import_module\n(X\x01\x00\x00\x00xtR.",
    "setstate.pkl": b"\x80\x02ccollections\nOrderedDict\n)R}X\x0c\x00\x00\x00__setstate__cos\nsystem\nsbX"
    + struct.pack("<I", len(SHELL))
    + SHELL.encode()
    + b"b.",
    "build-module.pkl": b"\x80\x02cos\nenviron\n}X\x01\x00\x00\x00xX\x01\x00\x00\x00ysb.",
    "inst.pkl": f"(S'{SHELL}'\nios\nsystem\n.".encode(),
    "obj.pkl": f"(cos\nsystem\nS'{SHELL}'\no.".encode(),
    "newobj.pkl": b"\x80\x02cos\nsystem\nX\x0c\x00\x00\x00touch canary\x85\x81.",
    "newobj-ex.pkl": b"\x80\x04" + text("os") + text("system") + b"\x93" + text(SHELL) + b"\x85}\x92.",
    "ext1.pkl": b"\x80\x02\x82\x01)R.",
    "ext4.pkl": b"\x80\x02\x84\x01\x00\x00\x00)R.",
    "stack-global.pkl": b"\x80\x04" + text("os") + text("system") + b"\x93" + text(SHELL) + b"\x85R.",
    "dotted-global.pkl": b"\x80\x04" + text("torch") + text("os.system") + b"\x93" + text(SHELL) + b"\x85R.",
    "persistent-id.pkl": b"\x80\x02Pos.system\n.",
    "called-string.pkl": b"\x80\x02X\x09\x00\x00\x00os.systemX\x0c\x00\x00\x00touch canary\x85R.",
    "called-tensor-builder.pkl": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\ncos\nsystem\n\x85R.",
    "torch-load-inside.pkl": b"\x80\x02ctorch.storage\n_load_from_bytes\nB"
    + struct.pack("<I", len(dumped(Calls(os.system, SHELL), 2)))
    + dumped(Calls(os.system, SHELL), 2)
    + b"\x85R.",
    "in-a-zip.pt": torch_zip(dumped({"g_ema": Calls(os.system, SHELL)}, 2)),
    "in-old-torch.pt": saved({"g_ema": Calls(os.mkdir, CANARY)}, zipped=False),
    "app-cache.pickle": dumped({"edit_vector": Calls(os.mkdir, CANARY), "roi_ids": []}),
    "object-array.npy": npy_saved(np.array([Calls(os.mkdir, CANARY)], dtype=object)),
    "header-code.npy": npy("{'descr': __import__('os').mkdir('canary'), 'fortran_order': False, 'shape': (1,)}"),
    "pickle-as-array.npy": dumped(Calls(os.mkdir, CANARY)),
    "bundle-is-a-pickle.safetensors": dumped(Calls(os.mkdir, CANARY)),
}
CRASHES = {  # files that exhaust stack or memory, or claim false sizes
    "deep-lists.pkl": b"\x80\x02" + b"]" * DEEP + b"a" * (DEEP - 1) + b".",
    "deep-tuple-key.pkl": b"\x80\x02})" + b"\x85" * DEEP + b"K\x01s.",
    "deep-reduce.pkl": b"\x80\x02" + b"ccollections\nOrderedDict\n" * 10_000 + b")" + b"\x85R" * 10_000 + b".",
    "memo-index.pkl": b"\x80\x02Nr\xff\xff\xff\xff.",
    "memo-bomb.pkl": b"\x80\x02]q\x00" + b"(h\x00h\x00e]q\x00" * 1000 + b"h\x00\x85\x93.",
    "copies.pkl": b"\x80\x02]q\x00(" + b"N" * 50_000 + b"e(" + b"c__builtin__\nlist\nh\x00\x85R" * 20_000 + b"l.",
    "opcodes.pkl": b"\x80\x02(" + b"}" * 510_000 + b"l.",
    "frame.pkl": b"\x80\x04\x95" + b"\xff" * 8 + b"N",
    "bytes.pkl": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x",
    "bytearray.pkl": b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x",
    "long.pkl": b"\x80\x02\x8b\xff\xff\xff\x7f\x01",
    "digits.pkl": b"I" + b"9" * 100_000 + b"\n.",
    "no-mark.pkl": b"\x80\x02}u.",
    "empty-stack.pkl": b"\x80\x02R.",
    "no-such-memo.pkl": b"\x80\x02h\x07.",
    "no-stop.pkl": b"\x80\x02}",
    "huge-storage.pt": torch_zip(storage(2**40, b"K\x01\x85", b"K\x01\x85"), [("archive/data/0", b"\0" * 4)]),
    "huge-storage-old.pt": LEGACY.replace(b"cpuq\x08K Nt", b"cpuq\x08J\xff\xff\xff\x7fNt"),
    "outside-storage.pt": torch_zip(storage(1, b"K\x09\x85", b"K\x01\x85"), [("archive/data/0", b"\0" * 4)]),
    "stride-0.pt": torch_zip(storage(1, b"J\xff\xff\xff\x7f\x85", b"K\x00\x85"), [("archive/data/0", b"\0" * 4)]),
    "negative-offset.pt": torch_zip(storage(1, b"K\x01\x85", b"K\x01\x85", -8), [("archive/data/0", b"\0" * 4)]),
    "zip-bomb.pt": torch_zip(dumped({}, 2), [("archive/data/0", b"\0" * 4_000_000)], zipfile.ZIP_DEFLATED),
    "npy-claims-terabytes.npy": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000)}"),
    "npy-negative.npy": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4)}"),
    "npy-deep-header.npy": npy("(" * 9000),
    "npy-huge-header.npy": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
    "npy-objects-of-no-pickle.npy": objects_npy(b"words"),
    "npy-objects-cut.npy": objects_npy(dumped({"a": 1})[:-4]),
    "npy-objects-of-another-shape.npy": objects_npy(
        dumped(np.array([{}, {}], object)).replace(b"K\x02\x85", b"K\x09\x85")
    ),
    "npz-objects-of-no-pickle.npz": npz(w=objects_npy(b"words")),
    "json-deep.json": b"[" * 100_000,
    "json-a-huge-number.json": b"[" + b"9" * 100_000 + b"]",
    "json-of-objects.json": b'{"w": [{"a": 1}]}',
    "npy-records.npy": npy_saved(np.zeros(3, dtype=[("a", "f4")])),
    "npy-text.npy": npy_saved(np.array(["a"])),
    "header-claims-exabytes.safetensors": safetensors(b"{}", 2**62),
    "header-of-garbage.safetensors": safetensors(b"{" * 5000),
    "offsets-outside.safetensors": safetensors(
        json.dumps({"a/x": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    ),
}
WRONG = {  # complete files with the wrong content
    "empty.pt": b"",
    "empty.npy": b"",
    "empty.safetensors": b"",
    "one-byte.pkl": b"\x80",
    "zeros.pt": bytes(1000),
    "text.pt": b"<!DOCTYPE html><title>Access denied</title>" * 10,
    **{f"cut-{n}.pt": PLAIN[:n] for n in (3, 40, 300, len(PLAIN) - 30)},
    **{f"cut-old-{n}.pt": LEGACY[:n] for n in (10, 60, 400, len(LEGACY) - 5)},
    "flipped.pt": PLAIN.replace(b"\x80?\0\0", b"\x80?\0\1"),
    "plain-zip.pt": torch_zip(b"").replace(b"data.pkl", b"data.txt"),
    "zip-slip.pt": torch_zip(dumped({}, 2), [("archive/../../canary", b"x")]),
    "zip-absolute.pt": torch_zip(dumped({}, 2), [("/tmp/canary", b"x")]),
    "zip-backslash.pt": torch_zip(dumped({}, 2), [("archive\\..\\canary", b"x")]),
    "nan.pt": saved({"g_ema": {"input.input": torch.full((1, 2, 4, 4), float("nan"))}}),
    "infinite-member.pth": saved({"model_state_dict": {"module.layers.0.weight": torch.tensor([float("inf")])}}),
    "integers.pt": saved({"g_ema": {"input.input": torch.ones(1, 2, 4, 4, dtype=torch.int64)}}),
    "not-tensors.pt": saved({"g_ema": {"input.input": "text"}}),
    "wrong-shapes.pt": saved(G_EMA),
    "half-a-member.pth": saved(MEMBER),
    "list.pt": saved([1, 2]),
    "number.pt": saved(7),
    "two-million-px.pt": saved({"g_ema": {f"to_rgbs.{i}.bias": torch.zeros(1, 3, 1, 1) for i in range(20)}}),
    "nan.npy": npy_saved(np.full((1, 16, 512), np.nan, np.float32)),
    "no-latent.npy": npy_saved(np.float32(0.5)),
    "complex.npy": npy_saved(np.ones((16, 512), np.complex64)),
}
EVERY = {**CODE, **CRASHES, **WRONG}


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_a_hostile_file_is_refused_by_name_and_nothing_in_it_is_executed(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(EVERY[name])
    with pytest.raises(CheckpointError) as refusal:
        convert([tmp_path / name], tmp_path / "out.safetensors")
    message = str(refusal.value)
    assert name in message
    assert "\n" not in message
    assert len(message) < 1000
    assert any(move in message for move in ("give ", "download ", "copy ", "convert ", "name its", "train ")), message
    with pytest.raises(CheckpointError, match="(?s)" + name.replace(".", r"\.")):
        load_generator(tmp_path / name)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.slow
@pytest.mark.parametrize("zipped", [True, False])
def test_code_beside_valid_tensors_is_skipped_and_never_executed(zipped, tmp_path, monkeypatch):
    from test_generator import make_random_generator

    from editgan_widgets.models.checkpoints import to_rosinality

    monkeypatch.chdir(tmp_path)
    generator = make_random_generator().eval()
    calls = [Calls(os.system, SHELL), Calls(eval, f"__import__('os').mkdir({CANARY!r})"), Calls(open, CANARY, "w")]
    nested = Calls(dict, [(1, Calls(os.mkdir, CANARY))])
    state = Calls(argparse.Namespace, state={"seed": Calls(os.mkdir, CANARY)})
    content = {**to_rosinality(generator), "evil": calls, "nested": nested, "args": state}
    torch.save(content, tmp_path / "mixed.pt", _use_new_zipfile_serialization=zipped)
    z = torch.randn(1, 8)
    with torch.no_grad():
        assert (load_generator(tmp_path / "mixed.pt")(z) - generator(z)).abs().max() < 1e-4
    convert([tmp_path / "mixed.pt"], tmp_path / "out.safetensors", samples=1)
    assert sorted(os.listdir(tmp_path)) == ["mixed.pt", "out.safetensors"]


def test_there_are_more_than_thirty_hostile_files():
    assert len(EVERY) > 30


def test_the_known_globals_can_only_build_data():
    """The functions of Python and torch that a pickle may name are listed in a short table."""
    from editgan_widgets.models.official import pickle_reader

    for name in pickle_reader._BUILDERS:
        assert name.split(".")[0] in {
            "collections",
            "dnnlib",
            "builtins",
            "__builtin__",
            "_codecs",
            "torch",
            "torch_utils",
            "numpy",
        }
    assert len(pickle_reader._BUILDERS) < 30


def test_source_code_beside_a_networks_state_is_dropped(tmp_path, monkeypatch):
    import official_files

    monkeypatch.chdir(tmp_path)
    content = {"G_ema": official_files.persistent("Generator", {"synthesis.b4.const": torch.ones(2, 4, 4)})}
    path = official_files.write_stylegan2_ada(tmp_path / "ada.pkl", monkeypatch, content)
    assert "module_src" not in vars(read_source(path).content["G_ema"])["state"]
    assert os.listdir(tmp_path) == ["ada.pkl"]


def test_modules_that_contain_themselves_are_refused(tmp_path):
    build = b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n"
    meta = b"}X\x05\x00\x00\x00state}X\x08\x00\x00\x00_modules}q\x02ss"  # its _modules are memo 2 …
    itself = b"h\x02X\x01\x00\x00\x00xh\x03s0"  # … and hold memo 3, the object
    data = b"\x80\x02}X\x05\x00\x00\x00G_ema" + build + meta + b"\x85Rq\x03" + itself + b"s."
    (tmp_path / "loop.pkl").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"loop\.pkl: its modules contain one another"):
        load_generator(tmp_path / "loop.pkl")


@pytest.mark.parametrize("kind", ["folder", "missing", "loop", "device", "pipe"])
def test_a_path_that_is_not_a_regular_file_is_refused(kind, tmp_path):
    path = tmp_path / "thing.pt"
    if kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(CheckpointError, match=r"thing\.pt (is a folder|does not exist|is no regular file).*give"):
        convert([path], tmp_path / "out.safetensors")


def test_a_link_to_a_file_is_read_as_that_file(tmp_path):
    (tmp_path / "real.npy").write_bytes(npy_saved(np.full((1, 4, 8), 0.5, np.float32)))
    (tmp_path / "link.npy").symlink_to(tmp_path / "real.npy")
    (tmp_path / "sub").mkdir()
    done = convert([tmp_path / "sub" / ".." / "link.npy"], tmp_path / "v.safetensors", kinds="vector")
    assert EditVector.load(done.files[0]).name == "link"


def test_an_edit_vectors_name_cannot_escape_the_folder(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("...npy", "..%2f..%2fcanary.npy"):
        (tmp_path / "in" / name).write_bytes(npy_saved(np.full((1, 4, 8), 0.5, np.float32)))
    done = convert(sorted((tmp_path / "in").iterdir()), tmp_path / "out" / "v.safetensors", kinds="vector")
    assert {path.resolve().parent for path in done.files} == {tmp_path / "out"}


def test_a_source_is_never_overwritten(tmp_path):
    (tmp_path / "v.npy").write_bytes(npy_saved(np.full((1, 4, 8), 0.5, np.float32)))
    with pytest.raises(CheckpointError, match=r"v\.npy is among the sources; write the bundle to another file"):
        convert([tmp_path / "v.npy"], tmp_path / "." / "v.npy")


@pytest.mark.parametrize("name", [name for name in CODE if not name.endswith("npy")])
def test_other_readers_execute_nothing_either(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(EVERY[name])
    with pytest.raises(CheckpointError):
        EditGAN.load(tmp_path / name)
    with pytest.raises(EditVectorError):
        EditVector.load(tmp_path / name)
    assert os.listdir(tmp_path) == [name]


def test_a_bundle_that_claims_more_than_its_tensors_is_refused_before_allocating_memory(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    bundle = read_bundle(tmp_path / "tiny.safetensors")
    for name, key, value in (
        ("generator", "resolution", 2**20),
        ("generator", "w_dim", 2**20),
        ("discriminator", "channel_max", 2**22),
        ("interpreter", "ensemble", 2**30),
    ):
        config = {**bundle.metadata[f"{name}_config"], key: value}
        config |= {"channel_base": 2**40} if key == "channel_max" else {}
        metadata = {**bundle.metadata, f"{name}_config": config}
        write_bundle(tmp_path / "claims.safetensors", bundle.modules, metadata)
        with pytest.raises(CheckpointError, match=r"claims\.safetensors.*claims more than its tensors hold"):
            EditGAN.load(tmp_path / "claims.safetensors")
