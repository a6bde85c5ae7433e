"""Datasets on disk: both formats, resuming, checksums, the card. A fake renderer is used, so no EGL is needed."""

import json
import subprocess

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from editgan_widgets.cli import app
from editgan_widgets.domains.portraits import PORTRAIT_LABELS, dataset, workers
from editgan_widgets.domains.portraits.dataset import (
    DatasetError,
    damaged_files,
    pack_arrays,
    read_card,
    shrink_dataset,
    write_dataset,
)
from editgan_widgets.domains.portraits.factors import FACTOR_NAMES, code_from_seed, factors_from_code
from editgan_widgets.domains.portraits.geometry import LANDMARKS
from editgan_widgets.domains.portraits.identity import CHANGING, STYLE, view_code
from editgan_widgets.domains.portraits.rare import portrait_code

OF_A_PERSON = [name for name in FACTOR_NAMES if name not in CHANGING | STYLE]


class Picture:
    """A picture of the fake renderer: the age sets its grey value, the smile its part."""

    def __init__(self, size: int, factors: dict[str, float]):
        self.image = np.full((size, size, 3), round(3 * factors["age"]), np.uint8)
        self.image[: size // 2] = round(255 * factors["hair_darkness"])
        self.label_map = np.full((size, size), int(factors["smile"] * (len(PORTRAIT_LABELS) - 1)), np.uint8)
        self.factors = factors
        self.landmarks = np.full((len(LANDMARKS), 2), factors["age"], np.float32)


class StandIn:
    def __init__(self, size: int, backend: str):
        self.size = size

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def render(self, records):
        return (Picture(self.size, record) for record in records)


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    monkeypatch.setattr(workers, "make_renderer", StandIn)
    monkeypatch.setattr(workers, "available_backend", lambda: "egl")


class StopError(Exception):
    """Simulates Ctrl-C."""


def stop_after(most: int):
    def stop(done: int, _: int) -> None:
        if done >= most:
            raise StopError

    return stop


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_both_formats_contain_the_same_pictures(tmp_path):
    write_dataset(tmp_path, 3, 16, pictures=True, picture_format="webp")
    images, labels = np.load(tmp_path / "images.npy"), np.load(tmp_path / "label_maps.npy")
    records = [json.loads(line) for line in (tmp_path / "factors.jsonl").read_text().splitlines()]
    for i in range(3):
        with Image.open(tmp_path / "pictures" / f"{i:06d}.webp") as picture:
            np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), images[i])
        with Image.open(tmp_path / "pictures" / f"{i:06d}_labels.png") as indexed:
            np.testing.assert_array_equal(np.asarray(indexed), labels[i])
            shown = np.asarray(indexed.convert("RGB"))
        np.testing.assert_array_equal(shown, PORTRAIT_LABELS.colorize(labels[i]))
        assert records[i] == factors_from_code(code_from_seed(i))
        np.testing.assert_allclose(np.load(tmp_path / "latents.npy")[i], code_from_seed(i), rtol=1e-6)
        np.testing.assert_allclose(np.load(tmp_path / "landmarks.npy")[i], records[i]["age"], rtol=1e-6)


@pytest.mark.slow
def test_a_resumed_render_equals_an_uninterrupted_one(tmp_path):
    options = {"pictures": True, "seed0": 7}
    with pytest.raises(StopError):
        write_dataset(tmp_path / "a", 40, 16, progress=stop_after(16), **options)
    assert read_card(tmp_path / "a")["done"] == 16
    assert not (tmp_path / "a" / "SHA256SUMS").exists()
    for folder in ("a", "b"):
        write_dataset(tmp_path / folder, 40, 16, **options)
    assert names(tmp_path / "a") == names(tmp_path / "b")
    for name in names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_a_finished_dataset_is_not_rendered_again(tmp_path, monkeypatch):
    write_dataset(tmp_path, 3, 16)
    monkeypatch.setattr(workers, "make_renderer", None)
    assert write_dataset(tmp_path, 3, 16) == tmp_path


def test_another_dataset_in_the_folder_is_not_overwritten(tmp_path):
    write_dataset(tmp_path, 3, 16)
    for changes in ({"count": 4}, {"size": 32}, {"seed0": 1}, {"views": 3}, {"pictures": True}):
        with pytest.raises(DatasetError, match="has another dataset"):
            write_dataset(tmp_path, **({"count": 3, "size": 16} | changes))


def test_a_changed_and_a_missing_file_are_named(tmp_path):
    write_dataset(tmp_path, 3, 16, pictures=True)
    assert damaged_files(tmp_path) == []
    with (tmp_path / "images.npy").open("r+b") as file:
        file.seek(200)
        file.write(b"\x07\x09")
    (tmp_path / "pictures" / "000001.png").unlink()
    assert damaged_files(tmp_path) == ["images.npy", "pictures/000001.png"]


def test_the_checksums_equal_those_of_sha256sum(tmp_path):
    write_dataset(tmp_path, 2, 16, pictures=True)
    done = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert {"images.npy: OK", "README.md: OK", "pictures/000001_labels.png: OK"} <= set(done.stdout.splitlines())


def test_an_unfinished_dataset_has_no_checksums_to_compare(tmp_path):
    with pytest.raises(StopError):
        write_dataset(tmp_path, 40, 16, progress=stop_after(16))
    with pytest.raises(DatasetError, match=r"16 of 40 portraits and no SHA256SUMS.*editgan render"):
        damaged_files(tmp_path)


def test_separate_pictures_are_packed_into_arrays(tmp_path):
    write_dataset(tmp_path / "arrays", 5, 16, pictures=True)
    write_dataset(tmp_path / "pictures", 5, 16, pictures=True, arrays=False)
    assert not (tmp_path / "pictures" / "images.npy").exists()
    pack_arrays(tmp_path / "pictures")
    for name in dataset.ARRAYS:
        assert (tmp_path / "pictures" / name).read_bytes() == (tmp_path / "arrays" / name).read_bytes()
    assert damaged_files(tmp_path / "pictures") == []
    write_dataset(tmp_path / "bare", 2, 16)
    with pytest.raises(DatasetError, match="no pictures"):
        pack_arrays(tmp_path / "bare")


@pytest.mark.slow
def test_the_card_lists_count_size_seeds_parts_and_balance(tmp_path):
    write_dataset(tmp_path, 200, 16, seed0=50)
    card = (tmp_path / "README.md").read_text()
    assert card.startswith("# 200 rendered portraits, 16 px")
    assert "| Seeds | 50 to 249 |" in card
    assert all(f"| {label.id} | {label.name} |" in card for label in PORTRAIT_LABELS)
    records = [json.loads(line) for line in (tmp_path / "factors.jsonl").read_text().splitlines()]
    assert f"| age | 18 to 75 | {np.mean([r['age'] for r in records]):.2f} |" in card
    crossed = [line.split("|")[3:6] for line in card.splitlines() if line.startswith(("| female", "| male"))]
    assert sum(int(cell) for row in crossed for cell in row) == 200


def test_views_of_one_person_share_the_persons_factors(tmp_path):
    write_dataset(tmp_path, 12, 16, views=4, seed0=9)
    records = [json.loads(line) for line in (tmp_path / "factors.jsonl").read_text().splitlines()]
    assert records[0] == factors_from_code(code_from_seed(9))
    assert records[4] == factors_from_code(code_from_seed(10))
    for person in range(3):
        views = records[4 * person : 4 * person + 4]
        for name in OF_A_PERSON:
            assert len({view[name] for view in views}) == 1, name
        assert len({view["yaw"] for view in views}) == 4
        assert len({view["light_azimuth"] for view in views}) == 4
    assert "of 3 people, each in 4 views" in (tmp_path / "README.md").read_text()


def test_hair_is_resampled_in_some_views_only():
    length = FACTOR_NAMES.index("hair_length")
    own = code_from_seed(3)[length]
    restyled = [view_code(3, view)[length] != own for view in range(1, 101)]
    assert 0.15 < np.mean(restyled) < 0.45


def test_every_factor_belongs_to_the_person_or_to_the_view():
    assert not CHANGING & STYLE
    assert {"age", "masculinity", "skin_tone", "nose_width", "iris_color"} <= set(OF_A_PERSON)
    assert len(OF_A_PERSON) < len(FACTOR_NAMES) - 30


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"count": 0}, "at least one portrait"),
        ({"views": 0}, "at least one portrait"),
        ({"picture_format": "jpeg"}, "'png', 'webp'; got 'jpeg'"),
        ({"arrays": False}, "arrays and pictures are both False"),
        ({"jobs": 0}, "jobs must be at least 1"),
    ],
)
def test_settings_of_an_empty_dataset_are_refused(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        write_dataset(tmp_path / "d", **({"count": 2, "size": 16} | options))
    assert not (tmp_path / "d").exists()


def test_the_command_renders_and_verifies(tmp_path):
    options = ["--count", 4, "--size", 16, "--views", 2, "--format", "webp", "--out", tmp_path]
    done = CliRunner().invoke(app, ["render", *map(str, options)])
    assert done.exit_code == 0, done.output
    assert "pictures/000003.webp" in names(tmp_path)
    assert CliRunner().invoke(app, ["verify", str(tmp_path)]).exit_code == 0
    (tmp_path / "factors.jsonl").write_text("")
    failed = CliRunner().invoke(app, ["verify", str(tmp_path)])
    assert failed.exit_code == 1
    assert "factors.jsonl" in failed.output


def test_a_render_stops_at_until_and_can_be_continued(tmp_path):
    write_dataset(tmp_path / "d", 40, 16, until=17)
    assert read_card(tmp_path / "d")["done"] == 17
    assert not (tmp_path / "d" / "SHA256SUMS").exists()
    write_dataset(tmp_path / "d", 40, 16, until=17)
    assert read_card(tmp_path / "d")["done"] == 17
    write_dataset(tmp_path / "d", 40, 16)
    write_dataset(tmp_path / "whole", 40, 16)
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "d" / path.name).read_bytes(), path.name


@pytest.mark.slow
def test_rare_portraits_show_traits_that_are_rare_in_ordinary_ones(tmp_path):
    codes = np.stack([portrait_code(seed, 1.0) for seed in range(600)])
    plain = np.stack([code_from_seed(seed) for seed in range(600)])
    factors, usual = ([factors_from_code(code) for code in rows] for rows in (codes, plain))

    def share(records, name, least):
        return np.mean([abs(record[name]) >= least for record in records])

    for name, least in {"wink": 0.4, "blink": 0.7, "tongue": 0.2}.items():
        assert share(factors, name, least) > 1.4 * share(usual, name, least), name
    men = [
        [r["moustache"] for r in rows if r["masculinity"] > 0.7 and r["moustache"] > 0.5] for rows in (factors, usual)
    ]
    assert len(men[0]) > 1.3 * len(men[1])
    changed = (codes != plain).sum(1)
    assert changed.min() > 0
    assert changed.max() <= 12
    np.testing.assert_array_equal(portrait_code(7), code_from_seed(7))
    with pytest.raises(ValueError, match="must be in 0 to 1; got 2"):
        portrait_code(0, 2.0)
    write_dataset(tmp_path, 6, 16, rare=1.0)
    np.testing.assert_array_equal(np.load(tmp_path / "latents.npy"), codes[:6].astype(np.float32))
    with pytest.raises(DatasetError, match="another dataset"):
        write_dataset(tmp_path, 6, 16)
    with pytest.raises(ValueError, match="need one view per person"):
        write_dataset(tmp_path / "views", 6, 16, rare=0.5, views=2)


def test_a_dataset_is_reduced_to_mean_colours_and_most_frequent_parts(tmp_path):
    write_dataset(tmp_path / "large", 40, 32, until=20)
    maps = np.load(tmp_path / "large" / "label_maps.npy", mmap_mode="r+")
    images = np.load(tmp_path / "large" / "images.npy", mmap_mode="r+")
    maps[0, :2, :4] = [[3, 4, 8, 9], [4, 4, 9, 8]]
    images[0, :2, :2] = np.array([0, 100, 100, 50]).reshape(2, 2, 1)
    maps.flush()
    images.flush()
    shrink_dataset(tmp_path / "large", tmp_path / "small", 16)
    about = read_card(tmp_path / "small")
    assert (about["count"], about["done"], about["size"]) == (20, 20, 16)
    small, small_maps = (np.load(tmp_path / "small" / name) for name in ("images.npy", "label_maps.npy"))
    assert small.shape == (20, 16, 16, 3)
    assert list(small[0, 0, 0]) == [63, 63, 63]
    assert list(small_maps[0, 0, :2]) == [4, 8]
    np.testing.assert_array_equal(small_maps[1], np.load(tmp_path / "large" / "label_maps.npy")[1, ::2, ::2])
    landmarks = [np.load(tmp_path / name / "landmarks.npy")[:20] for name in ("small", "large")]
    np.testing.assert_allclose(landmarks[0], landmarks[1] / 2)
    assert damaged_files(tmp_path / "small") == []
    with pytest.raises(ValueError, match="the new size must divide"):
        shrink_dataset(tmp_path / "large", tmp_path / "other", 20)


def test_the_command_reduces_an_unfinished_render(tmp_path):
    runner = CliRunner()
    line = ["render", "--count", "8", "--size", "32", "--no-pictures", "--out", str(tmp_path / "a"), "--rare", "0.5"]
    assert "higher --until continues" in runner.invoke(app, [*line, "--until", "4"]).output
    result = runner.invoke(app, ["shrink", str(tmp_path / "a"), "--out", str(tmp_path / "b"), "--size", "16"])
    assert "portraits of 16 px in" in result.output
    assert np.load(tmp_path / "b" / "images.npy").shape == (4, 16, 16, 3)
