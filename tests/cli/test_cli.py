import contextlib
import json
import signal

import numpy as np
import pytest
from command_line import pixels, run
from tiny_model import TINY_LABELS
from typer.testing import CliRunner

from editgan_widgets import EditSession, images
from editgan_widgets.analysis import edit_comparison, edit_ways
from editgan_widgets.cli import app
from editgan_widgets.cli.doctor import _weights
from editgan_widgets.documents import video
from editgan_widgets.documents.animation import Animation
from editgan_widgets.documents.clip import read_clip
from editgan_widgets.domains import registry
from editgan_widgets.domains.domain import Domain
from editgan_widgets.domains.edits import LibraryEdit
from editgan_widgets.domains.portraits import factor_regressor, identity
from editgan_widgets.masks.part_operations import OfPart, grow


@pytest.fixture(scope="module")
def saved(tiny_model, tmp_path_factory):
    """A folder with the tiny model and an edit vector of it."""
    folder = tmp_path_factory.mktemp("saved")
    tiny_model.save(folder / "tiny.safetensors")
    session = EditSession.from_seed(tiny_model, seed=3)
    label_map = session.label_map.copy()
    label_map[8:16, 8:16] = 3
    session.set_label_map(label_map)
    for _ in session.edit(steps=3):
        pass
    session.edit_vector("spark here").save(folder / "spark.safetensors")
    return folder


def test_help_names_the_commands():
    done = run("--help")
    assert done.exit_code == 0
    assert all(command in done.output for command in ("doctor", "render", "train", "apply"))


def test_the_generator_trainer_lists_its_own_options(capsys):
    done = run("train", "generator", "--help")
    assert done.exit_code == 0
    assert "--r1-gamma" in done.output + capsys.readouterr().out


def test_apply_writes_the_edited_picture(saved, tmp_path, tiny_model):
    out = tmp_path / "new folder" / "edited.png"
    arguments = ["apply", saved / "spark.safetensors", "--model", saved / "tiny.safetensors", "--out", out]
    done = run(*arguments, "--seed", 3, "--scale", 0)
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(pixels(out), EditSession.from_seed(tiny_model, seed=3).image)


def test_a_stopped_video_keeps_its_finished_frames(saved, tmp_path, monkeypatch):
    clip, out = tmp_path / "clip.gif", tmp_path / "edited.gif"
    frames = np.stack([np.full((24, 32, 3), 30 * i, np.uint8) for i in range(4)])
    Animation(frames, durations=(0.1, 0.3, 0.2, 0.5)).save(clip)

    def interrupted(_model, frames, _shots, _change):
        yield from frames[:2]
        raise KeyboardInterrupt

    monkeypatch.setattr(video, "edited_frames", interrupted)
    arguments = ["video", clip, saved / "spark.safetensors", "--model", saved / "tiny.safetensors", "--out"]
    done = run(*arguments, out)
    assert done.exit_code == 130
    assert "stopped: the first 2 of 4 frames are written" in done.output
    assert read_clip(out).durations == pytest.approx((0.1, 0.3))
    assert run(*arguments, tmp_path / "frames").exit_code == 130
    assert sorted(file.name for file in (tmp_path / "frames").iterdir()) == ["frame-00001.png", "frame-00002.png"]


def test_apply_with_several_scales_writes_a_strip(saved, tmp_path):
    out = tmp_path / "strip.png"
    arguments = ["apply", saved / "spark.safetensors", "--model", saved / "tiny.safetensors", "--out", out]
    assert run(*arguments, "--scale", -1, "--scale", 0, "--scale", 1).exit_code == 0
    height, width, _ = pixels(out).shape
    assert height == 32
    assert width > 3 * 32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{saved}/missing.safetensors", "--model", "{saved}/tiny.safetensors"], "missing.safetensors"),
        (["{saved}/tiny.safetensors", "--model", "{saved}/tiny.safetensors"], "tiny.safetensors"),
        (["{saved}/spark.safetensors", "--model", "portrait"], "portraits"),
        (["{saved}/spark.safetensors", "--model", "{saved}/spark.safetensors"], "spark.safetensors"),
        (["{saved}/spark.safetensors", "--model", "{saved}/tiny.safetensors", "--device", "toaster"], "toaster"),
        (["{saved}/spark.safetensors", "--model", "{saved}/tiny.safetensors", "--seed", "-4"], "-4"),
    ],
)
def test_invalid_arguments_are_refused_in_one_line(saved, tmp_path, arguments, message):
    done = run("apply", *(argument.format(saved=saved) for argument in arguments), "--out", tmp_path / "out.png")
    assert done.exit_code == 1
    assert done.stderr.startswith("editgan: ")
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out.png").exists()


@pytest.mark.slow
@pytest.mark.egl
def test_render_writes_pictures_label_maps_and_factors(tmp_path):
    done = run("render", "--count", 2, "--size", 32, "--seed0", 5, "--backend", "egl", "--out", tmp_path)
    if done.exit_code and "EGL" in done.output:
        pytest.skip(done.output)
    assert done.exit_code == 0, done.output
    assert np.load(tmp_path / "images.npy").shape == (2, 32, 32, 3)
    assert np.load(tmp_path / "label_maps.npy").shape == (2, 32, 32)
    factors = [json.loads(line) for line in (tmp_path / "factors.jsonl").read_text().splitlines()]
    assert len(factors) == 2
    assert factors[0] != factors[1]


def test_a_bug_keeps_its_traceback(monkeypatch, saved, tmp_path):
    def broken(*arguments, **options):
        raise ZeroDivisionError

    monkeypatch.setattr(images, "grid", broken)
    arguments = ["apply", saved / "spark.safetensors", "--model", saved / "tiny.safetensors"]
    assert isinstance(run(*arguments, "--out", tmp_path / "out.png").exception, ZeroDivisionError)


@pytest.mark.shipped
@pytest.mark.slow
def test_the_doctor_lists_its_findings_and_its_exit_code_reports_missing_parts():
    done = run("doctor")
    lines = done.stdout.splitlines()
    assert {"python", "torch", "cuda", "egl", "chromium"} <= {line.split()[0] for line in lines}
    failed = [line for line in lines if " FAIL " in line]
    assert done.exit_code == bool(failed), done.output


@pytest.mark.shipped
@pytest.mark.slow
@pytest.mark.parametrize("network", [factor_regressor, identity])
def test_the_doctor_accepts_missing_optional_weights_but_reports_broken_ones(network, tmp_path, monkeypatch):
    path = tmp_path / "weights.safetensors"
    monkeypatch.setattr(network, "WEIGHTS", path)
    name = network.__name__.split(".")[-1].replace("_", " ")

    def state():
        network._shipped.cache_clear()
        return {finding.name: finding.state for finding in _weights()}[name]

    assert state() == "none"
    path.write_bytes(b"truncated")
    assert state() == "FAIL"
    network._shipped.cache_clear()


@pytest.mark.shipped
@pytest.mark.slow
def test_vectors_learns_a_library_and_apply_lists_its_names(saved, tmp_path, monkeypatch):
    grown = LibraryEdit("more glow", grow("glow", OfPart(0.3)))
    monkeypatch.setattr(registry, "_registered", {})
    registry.register(Domain("tiny", (TINY_LABELS,), library_edits=lambda: (grown,)))
    arguments = ["--model", saved / "tiny.safetensors", "--sources", 1, "--steps", 2]
    done = run("vectors", "--out", tmp_path, *arguments)
    assert done.exit_code == 0, done.output
    assert [path.name for path in tmp_path.iterdir()] == ["more_glow.safetensors"]
    done = run("apply", "smile", "--model", saved / "tiny.safetensors", "--out", tmp_path / "x.png")
    assert done.exit_code != 0
    assert "no library ships with the model" in " ".join((done.output + done.stderr).split())


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--tune", "--crop", 5, 5, 40, "--method", "feather"]])
def test_photo_pastes_an_edit_into_a_picture_of_the_original_size(saved, tmp_path, options):
    picture = np.random.default_rng(0).integers(0, 255, (50, 70, 3)).astype(np.uint8)
    images.save(picture, tmp_path / "in.png")
    arguments = ["--model", saved / "tiny.safetensors", "--out", tmp_path / "out.png", "--preset", "fast", *options]
    done = run("photo", tmp_path / "in.png", saved / "spark.safetensors", *arguments)
    assert done.exit_code == 0, done.output
    assert pixels(tmp_path / "out.png").shape == (50, 70, 3)
    assert "photo: poor: PSNR" in done.output
    assert "perceptual features: the model's discriminator" in done.output
    assert "edited: change outside" in done.output
    missing = run("photo", tmp_path / "none.png", saved / "spark.safetensors", *arguments)
    assert missing.exit_code == 1
    assert "none.png: no such file or directory; check the path" in " ".join(missing.stderr.split())
    done = run("photo", saved / "tiny.safetensors", saved / "spark.safetensors", *arguments)
    assert done.exit_code != 0


def test_an_unknown_set_of_parts_is_refused_with_the_known_ones():
    line = ["train", "segmenter", "--data", "d", "--out", "o.safetensors", "--parts", "tiny"]
    assert "parts are all, fine or coarse; got 'tiny'" in CliRunner().invoke(app, line).output


def test_drag_writes_before_and_after_side_by_side_and_a_vector(saved, tmp_path):
    done = run(
        "drag", "12,14,18,14", "--model", saved / "tiny.safetensors", "--seed", 3, "--steps", 3,
        "--out", tmp_path / "dragged.png", "--vector", tmp_path / "pull.safetensors",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "dragged 1 point on seed 3" in done.output
    assert pixels(tmp_path / "dragged.png").shape[:2] == (32, 66)  # 2 px between the two
    assert (tmp_path / "pull.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "dragged.xyz"], "--out must end in a picture format that can be written"),
        (["--out", "dragged.psd"], "--out must end in a picture format that can be written"),
        (["--out", "dragged.h5"], "--out must end in a picture format that can be written"),
        (["--out", "/dev/null/dragged.png"], "--out cannot be written"),
        (["--out", "{}/dragged.png", "--vector", "pull.png"], "--vector must end in .safetensors"),
        (["--out", "{}/dragged.png", "--vector", "/dev/null/pull.safetensors"], "--vector cannot be written"),
    ],
)
def test_drag_checks_its_files_before_it_begins(saved, tmp_path, options, message):
    options = [option.format(tmp_path) for option in options]
    done = run("drag", "12,14,18,14", "--model", saved / "tiny.safetensors", "--steps", 10**6, *options)
    assert done.exit_code == 1
    assert message in done.output


@pytest.mark.parametrize("command", [["apply", "spark.safetensors"], ["photo", "a.png", "spark.safetensors"]])
@pytest.mark.parametrize("out", ["edited.psd", "edited", "/dev/null/edited.png"])
def test_commands_that_write_a_picture_check_its_name_first(command, out):
    done = run(*command, "--model", "missing", "--out", out)
    assert done.exit_code == 1
    assert "--out " in done.output


@pytest.mark.slow
def test_a_drag_that_found_nothing_better_reports_that_it_wrote_no_vector(saved, tmp_path, monkeypatch):
    monkeypatch.setattr("editgan_widgets.documents.session_runs.Run.improves", lambda *_: False)
    out, vector = tmp_path / "dragged.png", tmp_path / "pull.safetensors"
    arguments = ["drag", "12,14,18,14", "--model", saved / "tiny.safetensors", "--steps", 2, "--out", out]
    assert run(*arguments).exit_code == 0
    done = run(*arguments, "--vector", vector)
    assert done.exit_code == 1
    assert out.is_file()
    assert not vector.exists()
    assert "no step was better" in done.output
    assert "was not written" in done.output


def test_a_second_interrupt_ends_a_drag_without_files(saved, tmp_path, monkeypatch):
    @contextlib.contextmanager
    def interrupted(*_):
        def advance(seen, _figures):
            if seen == 3:
                raise KeyboardInterrupt

        yield advance

    def interrupted_again(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("editgan_widgets.cli.edits.progress", interrupted)
    monkeypatch.setattr("editgan_widgets.documents.session_runs.Runs._result", interrupted_again)
    out = tmp_path / "dragged.png"
    done = run("drag", "12,14,18,14", "--model", saved / "tiny.safetensors", "--seed", 3, "--steps", 8, "--out", out)
    assert done.exit_code != 0
    assert not out.exists()


@pytest.mark.parametrize("after", [1, 3])
def test_an_interrupted_drag_writes_its_best_step_so_far(saved, tmp_path, monkeypatch, request, after):
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # the workers of a test run ignore SIGINT
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, handler))

    @contextlib.contextmanager
    def interrupted(*_):
        def advance(seen, _figures):
            if seen == after:
                signal.raise_signal(signal.SIGINT)

        yield advance

    monkeypatch.setattr("editgan_widgets.cli.edits.progress", interrupted)
    out = tmp_path / "dragged.png"
    done = run("drag", "12,14,18,14", "--model", saved / "tiny.safetensors", "--seed", 3, "--steps", 8, "--out", out)
    assert done.exit_code == 0, done.output
    assert "best so far when interrupted" in done.output
    before, after_it = np.split(pixels(out)[:, [*range(32), *range(34, 66)]], 2, axis=1)
    assert not np.array_equal(before, after_it)


@pytest.mark.parametrize("point", ["12,14,18", "a,b,c,d", "1,2,300,4"])
def test_drag_refuses_points_outside_the_picture_and_malformed_ones(saved, tmp_path, point):
    done = run("drag", point, "--model", saved / "tiny.safetensors", "--out", tmp_path / "dragged.png")
    assert done.exit_code == 1
    assert "X,Y,TOX,TOY" in done.output or "outside the picture" in done.output
    assert not (tmp_path / "dragged.png").exists()


def test_batch_applies_vectors_to_a_folder_and_lists_what_it_skips(saved, tmp_path, tiny_model):
    files = tmp_path / "files"
    files.mkdir()
    np.save(files / "two.npy", np.concatenate([tiny_model.sample_w_plus(seed).numpy() for seed in (1, 2)]))
    (files / "notes.txt").write_text("no picture")
    arguments = ["batch", files, "--vector", saved / "spark.safetensors", "--model", saved / "tiny.safetensors"]
    done = run(*arguments, "--out", tmp_path / "out", "--scale", 0.5, "--scale", 1)
    assert done.exit_code == 0, done.output
    assert "4 edits of 2 portraits" in done.output
    assert "skipped: notes.txt: " in done.output
    assert pixels(tmp_path / "out" / "spark here 0.5" / "two.npy 0001.png").shape == (32, 32, 3)
    assert len((tmp_path / "out" / "report.csv").read_text().splitlines()) == 6


def test_batch_makes_finished_edits_again_if_it_is_told_to(saved, tmp_path):
    arguments = ["batch", "--vector", saved / "spark.safetensors", "--model", saved / "tiny.safetensors"]
    arguments += ["--out", tmp_path / "out", "--seeds", "3,4"]
    assert run(*arguments).exit_code == 0
    pictures = sorted((tmp_path / "out").glob("spark*/*.png"))
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in pictures]
    assert run(*arguments).exit_code == 0
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in pictures] == before
    done = run(*arguments, "--redo")
    assert "2 edits of 2 portraits" in done.output
    after = [(path.stat().st_mtime_ns, path.read_bytes()) for path in pictures]
    assert [content for _, content in after] == [content for _, content in before]
    assert all(new > old for (new, _), (old, _) in zip(after, before, strict=True))


def test_compare_runs_without_refinement_and_looks_at_out_first(tmp_path, monkeypatch):
    asked = []

    def compared(*given, **options):
        asked.append(options["refined_portraits"])
        raise ValueError("measured")

    monkeypatch.setattr(edit_ways, "ways_to_edit", lambda *given, **options: [])
    monkeypatch.setattr(edit_comparison, "compare_edits", compared)
    run("compare", "smile", "--out", tmp_path / "out", "--refined", 0)
    assert asked == [1]  # the least that compare_edits takes; no way is refined
    (tmp_path / "file").write_text("")
    assert run("compare", "smile", "--out", tmp_path / "file").exit_code
    assert len(asked) == 1


def test_batch_takes_seeds_and_refuses_both_seeds_and_files(saved, tmp_path):
    arguments = ["batch", "--vector", saved / "spark.safetensors", "--model", saved / "tiny.safetensors"]
    done = run(*arguments, "--out", tmp_path / "out", "--seeds", "3:6")
    assert done.exit_code == 0, done.output
    assert "3 edits of 3 portraits" in done.output
    refused = (
        (["--seeds", "3-6"], "FIRST:END"),
        (["--seeds", "5:1"], "END above FIRST"),
        ([], "give files or folders, or --seeds"),
    )
    for wrong, message in refused:
        done = run(*arguments, "--out", tmp_path / "out", *wrong)
        assert done.exit_code == 1
        assert message in done.stderr
