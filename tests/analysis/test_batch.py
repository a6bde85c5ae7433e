"""Edit vectors applied to many portraits: latents, seeds and folders; resumed, stopped, and on a cluster."""

import csv
import json
import os
import shutil
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from editors import push_of
from PIL import Image

from editgan_widgets import EditSession, EditVector, images
from editgan_widgets.analysis import apply_to, by_picture, sefa
from editgan_widgets.analysis.batch import apply
from editgan_widgets.analysis.batch.edits import one_thread
from editgan_widgets.analysis.batch.folder import file_name
from editgan_widgets.documents.saved_picture import save_picture
from editgan_widgets.latent.directions.edit_vector import WrongModelError
from editgan_widgets.latent.embed import EmbedConfig

READ = by_picture(brightness=lambda picture: picture.mean())
QUICK = EmbedConfig(steps=1)


@pytest.fixture(scope="module")
def vectors(tiny_model):
    first, second = sefa(tiny_model, 2)
    return [first, EditVector("spark/left", second.delta_w_plus, ("spark",), second.recipe)]


@pytest.fixture(scope="module")
def latents(tiny_model):
    return torch.cat([tiny_model.sample_w_plus(seed) for seed in range(4)])


@pytest.fixture
def counted(monkeypatch):
    """Names of the portraits that are computed."""
    names = []
    plain = apply.edited
    monkeypatch.setattr(apply, "edited", lambda work, task, stop: (names.append(task.name), plain(work, task, stop))[1])
    return names


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_each_vector_is_applied_to_each_latent_at_each_strength(tiny_model, latents, vectors, tmp_path):
    report = apply_to(latents, vectors, tiny_model, tmp_path, [-1, 0.5], READ)
    assert len(report.rows) == 4 * 2 * 2
    assert report.missing == 0
    for row in report.rows:
        i = int(row["portrait"].split()[1])
        vector = next(x for x in vectors if x.name == row["vector"])
        with torch.no_grad():
            made = tiny_model.generator.synthesis(vector.apply(latents[i : i + 1], row["strength"])).image
            before = tiny_model.generator.synthesis(latents[i : i + 1]).image
        picture = images.to_uint8(made)[0]
        np.testing.assert_array_equal(pixels(tmp_path / row["picture"]), picture)
        change = np.abs(picture.astype(float) - images.to_uint8(before)[0]).mean() / 255
        assert row["change"] == pytest.approx(change, rel=1e-5)
        assert row["brightness"] == pytest.approx(picture.mean() - images.to_uint8(before).mean(), rel=1e-4)
        assert (row["change outside"] is not None) == (vector.name == "spark/left")
    assert {row["picture"].rsplit("/", 1)[0] for row in report.rows if row["vector"] == "SeFa 1"} == {
        "SeFa 1 -1",
        "SeFa 1 0.5",
    }


@pytest.mark.slow
def test_the_report_is_a_table_a_plot_a_sentence_and_a_csv_file(tiny_model, latents, vectors, tmp_path):
    report = apply_to(latents, vectors[0], tiny_model, tmp_path, read=READ)
    with (tmp_path / "report.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["portrait"] for row in rows] == [f"latent 000{i}" for i in range(4)]
    assert [float(row["brightness"]) for row in rows] == [row["brightness"] for row in report.table()]
    assert report.summary()[0]["portraits"] == 4
    assert report.png().startswith(b"\x89PNG")
    assert report.sentence().startswith("4 edits of 4 portraits")


def test_seeds_are_portraits_and_a_library_is_a_set_of_vectors(tiny_model, vectors, tmp_path):
    report = apply_to([7, np.int64(3)], {"a": vectors[0]}, tiny_model, tmp_path, truncation_psi=0.5)
    assert [row["portrait"] for row in report.rows] == ["seed 7", "seed 3"]
    session = EditSession.from_seed(tiny_model, 3, truncation_psi=0.5)
    np.testing.assert_array_equal(pixels(tmp_path / "original" / "seed 3.png"), session.image)


def test_a_second_call_computes_only_what_is_missing(tiny_model, latents, vectors, tmp_path, counted):
    first = apply_to(latents, vectors[0], tiny_model, tmp_path, read=READ)
    before = contents(tmp_path)
    assert apply_to(latents, vectors[0], tiny_model, tmp_path, read=READ).rows == first.rows
    assert counted == [f"latent 000{i}" for i in range(4)]
    assert contents(tmp_path) == before

    (tmp_path / first.rows[2]["picture"]).unlink()
    apply_to(latents, vectors[0], tiny_model, tmp_path, read=READ)
    assert counted[4:] == ["latent 0002"]
    assert contents(tmp_path) == before

    apply_to(torch.cat([latents, latents[:1] + 1]), vectors[0], tiny_model, tmp_path, read=READ)
    assert counted[5:] == ["latent 0004"]


def test_other_vectors_strengths_latents_and_attributes_are_missing(tiny_model, latents, vectors, tmp_path, counted):
    apply_to(latents[:1], vectors[0], tiny_model, tmp_path)
    for changed in (
        {"vectors": vectors[1]},
        {"strengths": 2},
        {"portraits": latents[1:2]},
        {"read": READ},
        {"vectors": EditVector("SeFa 1", 2 * vectors[0].delta_w_plus, (), vectors[0].recipe)},
        {},
    ):
        given = {"portraits": latents[:1], "vectors": vectors[0], "strengths": 1, "read": None} | changed
        counted.clear()
        assert apply_to(**given, model=tiny_model, out=tmp_path).missing == 0
        assert counted == ["latent 0000"]


def test_a_stopped_call_is_continued_to_the_same_bytes(tiny_model, latents, vectors, tmp_path):
    apply_to(latents, vectors, tiny_model, tmp_path / "whole", read=READ)
    answers = iter([False, True])
    part = apply_to(latents, vectors, tiny_model, tmp_path / "two", read=READ, should_stop=lambda: next(answers))
    assert (len(part.rows), part.missing) == (4, 4)
    assert "4 edits are missing, which the same call makes" in part.sentence()
    assert apply_to(latents, vectors, tiny_model, tmp_path / "two", read=READ).missing == 0
    assert contents(tmp_path / "two") == contents(tmp_path / "whole")


def test_ctrl_c_ends_with_a_report_of_what_is_done(tiny_model, latents, vectors, tmp_path, monkeypatch):
    plain, calls = apply.edited, []

    def interrupted(work, task, stop):
        calls.append(task)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return plain(work, task, stop)

    monkeypatch.setattr(apply, "edited", interrupted)
    report = apply_to(latents, vectors[0], tiny_model, tmp_path)
    assert (len(report.rows), report.missing) == (2, 2)
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 3


def test_a_line_of_the_log_that_a_crash_cut_off_is_computed_again(tiny_model, latents, vectors, tmp_path, counted):
    apply_to(latents, vectors[0], tiny_model, tmp_path)
    before, log = contents(tmp_path), tmp_path / "done.jsonl"
    log.write_text(log.read_text()[:-40])
    apply_to(latents, vectors[0], tiny_model, tmp_path)
    assert len(counted) == 5
    assert contents(tmp_path) == before


def test_what_was_overwritten_by_other_data_of_the_same_name_is_made_again(tiny_model, vectors, tmp_path):
    def pictures(psi: float) -> tuple[list, bytes, bytes]:
        report = apply_to([0], vectors[0], tiny_model, tmp_path, truncation_psi=psi)
        assert report.missing == 0
        files = contents(tmp_path)
        return report.table(), files["original/seed 0.png"], files[report.rows[0]["picture"]]

    first, other, again = pictures(0.7), pictures(1.0), pictures(0.7)
    assert first == again
    assert first[1] != other[1]
    assert first[2] != other[2]


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_damaged_picture_is_made_again(tiny_model, latents, vectors, tmp_path, counted, content):
    first = apply_to(latents[:3], vectors[0], tiny_model, tmp_path)
    before = contents(tmp_path)
    (tmp_path / first.rows[1]["picture"]).write_bytes(content)
    (tmp_path / "original" / "latent 0002.png").write_bytes(content)
    counted.clear()
    assert apply_to(latents[:3], vectors[0], tiny_model, tmp_path).rows == first.rows
    assert counted == ["latent 0001", "latent 0002"]
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "line",
    [
        "5",
        "{}",
        '{"key": "KEY", "row": 5}',
        '{"key": "KEY", "file": "FILE", "sha256": "0", "row": 5}',
        '{"key": "KEY", "file": "FILE", "sha256": "0", "psnr": "high"}',
        '{"key": "KEY", "file": "FILE", "sha256": 7, "row": {}}',
        "[" * 100_000,
    ],
)
def test_lines_of_the_log_that_mean_nothing_are_passed_over(tiny_model, latents, vectors, tmp_path, counted, line):
    first = apply_to(latents[:1], vectors[0], tiny_model, tmp_path)
    log = tmp_path / "done.jsonl"
    entry = json.loads(log.read_text().splitlines()[-1])
    log.write_text(log.read_text() + line.replace("KEY", entry["key"]).replace("FILE", entry["file"]) + "\n")
    counted.clear()
    assert apply_to(latents[:1], vectors[0], tiny_model, tmp_path).rows == first.rows
    assert counted == []


def test_two_calls_write_to_one_folder_at_the_same_time(tiny_model, vectors, tmp_path, counted):
    def use(vector: EditVector) -> None:
        reports.append(apply_to(range(6), vector, tiny_model, tmp_path, read=READ))

    reports = []
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        threads = [threading.Thread(target=use, args=(vector,)) for vector in vectors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        new = []
        thread = threading.Thread(target=lambda: new.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert new == [2]
    finally:
        torch.set_num_threads(before)
    assert [report.missing for report in reports] == [0, 0]
    counted.clear()
    assert len(apply_to(range(6), vectors, tiny_model, tmp_path, read=READ).rows) == 12
    assert counted == []


def scaled(scale: float):
    return by_picture(brightness=lambda picture: scale * picture.mean())


def summed(picture: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(picture.mean((2, 3)))


def test_a_changed_reader_or_identity_measures_again(tiny_model, latents, vectors, tmp_path, counted):
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(4))
    net(torch.zeros(1, 3, tiny_model.resolution, tiny_model.resolution))
    calls = []

    def changed_by_use(pictures):
        calls.append(len(pictures))
        return READ(pictures)

    def run(**given) -> list:
        counted.clear()
        return apply_to(latents[:1], vectors[0], tiny_model, tmp_path, **given).table()

    one, two = run(read=scaled(1)), run(read=scaled(2))
    assert two[0]["brightness"] == pytest.approx(2 * one[0]["brightness"], rel=1e-4)
    for given in ({"identity": summed}, {"identity": net}, {"read": changed_by_use}):
        run(**given)
        assert counted == ["latent 0000"]
        run(**given)
        assert counted == []
    run(identity=net)
    with torch.no_grad():
        net[1].weight.mul_(-2)
    run(identity=net)
    assert counted == ["latent 0000"]


def test_redo_makes_every_edit_again(tiny_model, latents, vectors, tmp_path, counted):
    first = apply_to(latents[:2], vectors[0], tiny_model, tmp_path)
    counted.clear()
    assert apply_to(latents[:2], vectors[0], tiny_model, tmp_path, redo=True).rows == first.rows
    assert len(counted) == 2


@pytest.mark.parametrize("name", ["portrait", "picture", "psnr", "change outside", "skipped", "portraits", 5])
@pytest.mark.usefixtures("unchecked")
def test_an_attribute_with_the_name_of_a_column_is_refused(tiny_model, latents, vectors, tmp_path, name):
    with pytest.raises(ValueError, match=r"read names an attribute|read must return one value of 5"):
        apply_to(latents, vectors, tiny_model, tmp_path / "out", read=lambda pictures: {name: np.ones(len(pictures))})
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the libraries of a cluster warn about themselves
def test_a_cluster_without_workers_is_reported_and_can_be_stopped(tiny_model, vectors, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("editgan_widgets.analysis.batch.on_dask._PATIENCE", 1.0)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        with pytest.raises(RuntimeError, match="no workers"):
            apply_to(range(2), vectors[0], tiny_model, tmp_path, client=client)
        stopped = apply_to(range(2), vectors[0], tiny_model, tmp_path, client=client, should_stop=lambda: True)
    assert stopped.missing == 2


@pytest.fixture
def folder(tiny_model, latents, tmp_path):
    """Files of every kind, good and broken."""
    files = tmp_path / "files"
    (files / "holiday").mkdir(parents=True)
    session = EditSession.from_seed(tiny_model, 3)
    images.save(session.image, files / "holiday" / "photo.jpg")
    save_picture(session, files / "saved.png")
    np.save(files / "two.npy", latents[:2].numpy())
    (files / "notes.txt").write_text("no picture")
    (files / "empty.png").touch()
    (files / "cut.png").write_bytes((files / "saved.png").read_bytes()[:300])
    np.save(files / "wide.npy", np.zeros((3, 99), np.float32))
    push_of(tiny_model, 1).save(files / "push.safetensors")
    (files / ".hidden.png").touch()
    return files


@pytest.mark.slow
def test_a_folder_of_photos_saved_pictures_and_latents_lists_broken_files_with_the_reason(tiny_model, folder, vectors):
    report = apply_to(folder, vectors[0], tiny_model, folder / "out", embedding=QUICK)
    assert [row["portrait"] for row in report.rows] == [
        "saved.png",
        "two.npy 0000",
        "two.npy 0001",
        "holiday/photo.jpg",
    ]
    reasons = {x.name: x.reason for x in report.skipped}
    assert set(reasons) == {"notes.txt", "empty.png", "cut.png", "wide.npy", "push.safetensors"}
    assert "a text file" in reasons["notes.txt"]
    assert "edit vector" in reasons["push.safetensors"]
    assert "99" in reasons["wide.npy"]
    session = EditSession.from_seed(tiny_model, 3)
    np.testing.assert_array_equal(pixels(folder / "out" / "original" / "saved.png.png"), session.image)
    photo = report.rows[-1]
    assert photo["psnr"] > 5
    assert (folder / "out" / photo["picture"]).is_file()
    with (folder / "out" / "report.csv").open() as file:
        assert {row["portrait"] for row in csv.DictReader(file) if row["skipped"]} == set(reasons)


@pytest.mark.slow
def test_a_photo_is_embedded_once_and_a_repaired_file_is_done_next_time(
    tiny_model, folder, vectors, counted, monkeypatch
):
    apply_to(folder, vectors[0], tiny_model, folder / "out", embedding=QUICK)
    shutil.copy(folder / "saved.png", folder / "cut.png")
    counted.clear()
    monkeypatch.setattr("editgan_widgets.analysis.batch.edits.PhotoSession", None)  # an embedding would raise
    broken = {"empty.png", "notes.txt"}
    for name in broken:
        (folder / name).unlink()
    again = apply_to(folder, vectors, tiny_model, folder / "out", embedding=QUICK)
    assert len(again.rows) == 5 * 2
    assert counted == ["cut.png", "saved.png", "two.npy 0000", "two.npy 0001", "holiday/photo.jpg"]


@pytest.fixture
def photos(tiny_model, tmp_path):
    """The contents of two photos."""
    made = []
    for seed in (3, 4):
        images.save(EditSession.from_seed(tiny_model, seed).image, tmp_path / "made.png")
        made.append((tmp_path / "made.png").read_bytes())
    (tmp_path / "made.png").unlink()
    return made


def test_a_photo_that_another_one_replaced_for_a_while_is_embedded_again(tiny_model, vectors, photos, tmp_path):
    (tmp_path / "in").mkdir()

    def latent_of(content: bytes, strength: float) -> bytes:
        (tmp_path / "in" / "p.png").write_bytes(content)
        apply_to(tmp_path / "in", vectors[0], tiny_model, tmp_path / "out", strength, embedding=QUICK)
        return (tmp_path / "out" / "latents" / "p.png.npy").read_bytes()

    first, other, again = latent_of(photos[0], 1), latent_of(photos[1], 1), latent_of(photos[0], 2)
    assert first == again
    assert first != other


@pytest.mark.parametrize("damage", ["cut", "shape", "nan"])
def test_a_damaged_latent_of_a_photo_is_embedded_again(tiny_model, vectors, photos, tmp_path, damage):
    (tmp_path / "p.png").write_bytes(photos[0])
    apply_to(tmp_path / "p.png", vectors[0], tiny_model, tmp_path / "out", embedding=QUICK)
    file = tmp_path / "out" / "latents" / "p.png.npy"
    before = file.read_bytes()
    if damage == "cut":
        file.write_bytes(before[:60])
    else:
        np.save(file, np.zeros((1, 3, 3), np.float32) if damage == "shape" else np.load(file) * np.float32(np.nan))
    report = apply_to(tmp_path / "p.png", vectors[0], tiny_model, tmp_path / "out", 2, embedding=QUICK)
    assert len(report.rows) == 1
    assert file.read_bytes() == before


def test_a_file_that_changes_during_the_call_is_skipped(tiny_model, vectors, photos, tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(photos[0])

    def change() -> bool:
        (tmp_path / "b.png").write_bytes(photos[1])
        return False

    files = [tmp_path / "a.png", tmp_path / "b.png"]
    report = apply_to(files, vectors[0], tiny_model, tmp_path / "out", embedding=QUICK, should_stop=change)
    assert len(report.rows) == 1
    assert "has changed" in report.skipped[0].reason


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_among_the_portraits_is_skipped_and_not_waited_for(tiny_model, latents, vectors, tmp_path):
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in" / "one.npy", latents[:1].numpy())
    for name in ("pipe.png", "pipe.npy"):
        os.mkfifo(tmp_path / "in" / name)
    (tmp_path / "in" / "lost.png").symlink_to(tmp_path / "nowhere")
    report = apply_to(tmp_path / "in", vectors[0], tiny_model, tmp_path / "out")
    reasons = {x.name: x.reason for x in report.skipped}
    assert set(reasons) == {"pipe.png", "pipe.npy", "lost.png"}
    assert reasons["pipe.png"] == reasons["pipe.npy"] == "a pipe, a socket or a device, not a file"
    assert len(report.rows) == 1


def test_results_are_never_portraits_of_the_next_call(tiny_model, latents, vectors, tmp_path):
    (tmp_path / "in" / "inner").mkdir(parents=True)
    np.save(tmp_path / "in" / "inner" / "one.npy", latents[:1].numpy())
    for path in (tmp_path / "in", tmp_path / "in" / "inner" / ".."):
        with pytest.raises(ValueError, match="portraits' own folder"):
            apply_to(path, vectors[0], tiny_model, tmp_path / "in")
    for out in ("in/a", "in/inner/b", "in/a", "c"):
        assert len(apply_to(tmp_path / "in", vectors[0], tiny_model, tmp_path / out).table()) == 1
    for _ in range(2):
        report = apply_to(tmp_path / "in" / "inner", vectors[0], tiny_model, tmp_path / "in")
        assert len(report.table()) == 1


def test_long_names_of_vectors_and_files_fit_the_file_system(tiny_model, latents, vectors, tmp_path):
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in" / ("漢" * 80 + ".npy"), latents[:1].numpy())
    long = EditVector("𠮷" * 80, vectors[0].delta_w_plus, (), vectors[0].recipe)
    report = apply_to(tmp_path / "in", long, tiny_model, tmp_path / "out")
    assert report.missing == 0
    assert (tmp_path / "out" / report.rows[0]["picture"]).is_file()


def test_a_file_whose_name_is_not_utf_8_is_a_portrait(tiny_model, latents, vectors, tmp_path):
    np.save(tmp_path / "one.npy", latents[:1].numpy())
    try:
        os.rename(os.fsencode(tmp_path / "one.npy"), os.fsencode(tmp_path) + b"/\xff.npy")
    except OSError:
        pytest.skip("the file system takes no such name")
    report = apply_to(tmp_path, vectors[0], tiny_model, tmp_path / "out")
    assert [row["portrait"] for row in report.rows] == ["\\xff.npy"]


def test_an_embedding_that_is_stopped_does_not_count_as_done(tiny_model, folder, vectors, tmp_path):
    photo = folder / "holiday" / "photo.jpg"
    report = apply_to(
        photo, vectors[0], tiny_model, tmp_path / "out", embedding=EmbedConfig(steps=50), should_stop=lambda: True
    )
    assert (report.rows, report.missing) == ((), 1)
    assert not (tmp_path / "out" / "latents").exists()


def test_several_files_of_one_name_are_told_apart(tiny_model, folder, vectors, tmp_path):
    (folder / "other").mkdir()
    images.save(EditSession.from_seed(tiny_model, 5).image, folder / "other" / "photo.jpg")
    paths = [folder / "holiday" / "photo.jpg", str(folder / "other" / "photo.jpg")]
    report = apply_to(paths, vectors[0], tiny_model, tmp_path / "out", embedding=QUICK)
    assert [row["portrait"] for row in report.rows] == ["photo.jpg", "photo.jpg (2)"]


def test_latents_come_as_a_list_and_from_w(tiny_model, vectors, tmp_path):
    several = [tiny_model.sample_w_plus(seed) for seed in range(3)]
    forms = [torch.cat(several), several, [one[0] for one in several], [one.numpy() for one in several]]
    forms += [torch.cat(several)[:, 0], [one[0, 0] for one in several]]  # all rows are equal
    made = []
    for i, form in enumerate(forms):
        apply_to(form, vectors[0], tiny_model, tmp_path / str(i))
        made.append(contents(tmp_path / str(i)))
    assert all(one == made[0] for one in made)


def test_a_portrait_on_which_read_fails_is_listed_and_the_others_are_edited(tiny_model, vectors, tmp_path):
    def read(pictures):
        if torch.equal(pictures, broken):
            raise RuntimeError("no face")
        return {"light": pictures.mean((1, 2, 3))}

    with one_thread(), torch.no_grad():
        broken = tiny_model.generator.synthesis(tiny_model.sample_w_plus(2)).image.clamp(-1, 1)
    report = apply_to(range(4), vectors[0], tiny_model, tmp_path, read=read)
    assert [row["portrait"] for row in report.rows] == ["seed 0", "seed 1", "seed 3"]
    assert [(x.name, x.reason) for x in report.skipped] == [
        ("seed 2", "read fails on a picture: RuntimeError: no face")
    ]
    assert report.table()[-1]["skipped"].endswith("no face")


def test_an_attribute_that_cannot_be_read_is_empty_in_the_table(tiny_model, vectors, tmp_path):
    report = apply_to(range(2), vectors[0], tiny_model, tmp_path, read=by_picture(light=lambda picture: float("nan")))
    assert [row["light"] for row in report.rows] == [None, None]


def test_a_network_of_the_caller_reads_and_compares_without_gradients_and_scaled(tiny_model, vectors, tmp_path):
    size = tiny_model.resolution
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * size**2, 4))
    read, identity = (lambda x: {"first": network(x)[:, 0]}), (lambda x: 9 * network(x))
    report = apply_to([0], vectors[0], tiny_model, tmp_path, read=read, identity=identity)
    assert isinstance(report.rows[0]["first"], float)
    assert -1 <= report.rows[0]["identity"] <= 1


def test_latents_that_are_not_finite_are_skipped(tiny_model, latents, vectors, tmp_path):
    broken = latents.clone()
    broken[1, 0, 0] = torch.nan
    report = apply_to(broken, vectors[0], tiny_model, tmp_path)
    assert len(report.rows) == 3
    assert "not finite" in report.skipped[0].reason


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        (
            {"portraits": np.zeros((2, 3, 5), np.float32)},
            ValueError,
            r"latents has shape \(2, 3, 5\)",
        ),
        ({"portraits": []}, ValueError, "no portraits were given"),
        ({"portraits": [1.5]}, ValueError, r"1\.5 is no portrait"),
        ({"portraits": [-1]}, ValueError, "-1"),
        ({"portraits": [2**64]}, ValueError, "a seed must be a whole number from 0 to"),
        ({"out": None}, ValueError, "out is the path of a folder"),
        ({"client": "tcp://host:1"}, ValueError, r"give Client\('tcp://host:1'\)"),
        ({"identity": lambda pictures: pictures.mean((1, 2, 3))}, ValueError, r"a tensor \[n, d\]; got shape \(2,\)"),
        ({"portraits": 3.5}, ValueError, r"3\.5 are no portraits"),
        ({"portraits": "no/such/folder"}, FileNotFoundError, "no/such/folder"),
        ({"vectors": []}, ValueError, "no edit vector was given"),
        ({"vectors": "smile"}, ValueError, "vectors must be an EditVector; got 'smile'"),
        ({"strengths": []}, ValueError, "no strengths were given"),
        ({"strengths": [1, float("nan")]}, ValueError, "each of strengths must be a finite number"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_what_does_not_fit_is_refused_by_name(tiny_model, latents, vectors, tmp_path, changed, error, message):
    given = {"portraits": latents, "vectors": vectors, "strengths": 1, "out": tmp_path} | changed
    with pytest.raises(error, match=message):
        apply_to(**given, model=tiny_model)


def test_vectors_of_another_model_and_of_equal_names_are_refused(tiny_model, latents, vectors, tmp_path):
    foreign = EditVector("foreign", vectors[0].delta_w_plus, (), {"fingerprint": "another"})
    with pytest.raises(WrongModelError, match="foreign"):
        apply_to(latents, foreign, tiny_model, tmp_path)
    assert len(apply_to(latents, foreign, tiny_model, tmp_path, force=True).rows) == 4
    with pytest.raises(ValueError, match="two vectors are named 'SeFa 1'"):
        apply_to(latents, [vectors[0], vectors[0]], tiny_model, tmp_path)


def test_names_become_safe_and_distinct_file_names():
    assert file_name("open mouth 1.5") == "open mouth 1.5"
    assert file_name("a/b.jpg") == "a/b.jpg"
    odd = ["a:b", "a?b", "..", ".", "微笑", "x" * 300, "x" * 301, "con*"]
    made = [file_name(name) for name in odd]
    assert len(set(made)) == len(odd)
    assert all("/" not in name and name.strip(".") and len(name) < 120 for name in made)
    assert made[4] == "微笑"


def test_no_name_of_a_vector_leads_out_of_the_folder(tiny_model, latents, vectors, tmp_path):
    names = ["/", "/abs", "//abs", "a//b", "../up", "a/../../up", "a/", "", ".", "..", "\\up", "C:\\up", "a\0b"]
    named = [replace(vectors[0], name=name) for name in names]
    report = apply_to(latents[:1], named, tiny_model, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert len({row["picture"] for row in report.rows}) == len(names)
    for row in report.rows:
        assert not row["picture"].startswith("/")
        assert (tmp_path / "out" / row["picture"]).resolve().is_relative_to(tmp_path / "out")
        assert (tmp_path / "out" / row["picture"]).is_file()


def test_the_number_of_torch_threads_is_restored(tiny_model, latents, vectors, tmp_path):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        apply_to(latents[:1], vectors[0], tiny_model, tmp_path)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the libraries of a cluster warn about themselves
def test_a_cluster_gives_the_same_bytes_even_if_a_worker_is_killed(tiny_model, vectors, tmp_path):
    distributed = pytest.importorskip("distributed")
    seeds = range(24)
    apply_to(seeds, vectors, tiny_model, tmp_path / "serial", read=READ)
    killed = threading.Event()

    def kill_one() -> None:
        """Kill a worker once some portraits are done."""
        log = tmp_path / "cluster" / "done.jsonl"
        while not (log.is_file() and log.stat().st_size):
            time.sleep(0.002)
        os.kill(next(iter(processes.values())), signal.SIGKILL)
        killed.set()

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        processes = client.run(os.getpid)
        assert len(set(processes.values())) == 2
        killer = threading.Thread(target=kill_one)
        killer.start()
        report = apply_to(seeds, vectors, tiny_model, tmp_path / "cluster", read=READ, client=client)
        killer.join()
    assert killed.is_set()
    assert report.missing == 0
    assert contents(tmp_path / "cluster") == contents(tmp_path / "serial")
    lines = [json.loads(line) for line in (tmp_path / "cluster" / "done.jsonl").read_text().splitlines()]
    assert next(line["row"]["portrait"] for line in lines if "row" in line) == "seed 0"
