"""Rendered portraits: factors, geometry, renderer, samples."""

import json
import multiprocessing

import numpy as np
import pytest

from editgan_widgets.domains import portraits
from editgan_widgets.domains.portraits import PORTRAIT_LABELS, NoEGLError, UnknownFactorError, WorkerError, load_samples
from editgan_widgets.domains.portraits.dataset import write_dataset
from editgan_widgets.domains.portraits.factors import (
    CODE_SIZE,
    FACTOR_NAMES,
    FACTORS,
    code_from_seed,
    factors_from_code,
    override,
)
from editgan_widgets.domains.portraits.geometry import LANDMARKS, origin_shares, pose
from editgan_widgets.domains.portraits.parts import FACE_34


@pytest.fixture(scope="module")
def _egl():
    try:
        portraits.Renderer(32).close()
    except NoEGLError as error:
        pytest.skip(f"no EGL: {error}")


def neutral(**changes: float) -> dict[str, float]:
    """A record with a still, frontal face, changed by name."""
    still = dict.fromkeys(
        ("smile", "jaw_open", "blink", "wink", "pucker", "frown", "yaw", "pitch", "roll", "brow_raise", "hair_tied"),
        0.0,
    )
    return override(factors_from_code(code_from_seed(3)), still | changes)


def area(portrait: portraits.Portrait, *names: str) -> int:
    return sum(int((portrait.label_map == PORTRAIT_LABELS[name].id).sum()) for name in names)


def test_a_seed_always_gives_the_same_factors():
    assert factors_from_code(code_from_seed(7)) == factors_from_code(code_from_seed(7))
    assert factors_from_code(code_from_seed(7)) != factors_from_code(code_from_seed(8))


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("seed", [-3, 1.5, True, "a", None])
def test_an_invalid_seed_is_refused(seed):
    with pytest.raises(ValueError, match="whole number from 0 up; got"):
        portraits.render(seed=seed)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("value", ["a", None, float("nan"), True, [0.5]])
def test_a_factor_that_is_not_a_number_is_refused_with_its_range(value):
    with pytest.raises(ValueError, match=r"factor 'smile' \(0 to 1\) takes 0 to 1; got"):
        portraits.render(smile=value)


def test_every_factor_stays_in_its_range():
    for seed in range(50):
        record = factors_from_code(code_from_seed(seed))
        for factor in FACTORS:
            assert factor.low <= record[factor.name] <= factor.high, factor.name


def test_an_unknown_factor_is_refused_with_the_most_similar_name():
    with pytest.raises(UnknownFactorError, match="nearest: 'smile'"):
        override(factors_from_code(code_from_seed(0)), {"smil": 0.5})


def test_a_factor_out_of_range_is_refused():
    with pytest.raises(ValueError, match="takes 0 to 1; got 3"):
        override(factors_from_code(code_from_seed(0)), {"smile": 3})


@pytest.mark.slow
def test_people_are_balanced_over_sex_age_and_origin():
    records = [factors_from_code(code_from_seed(seed)) for seed in range(600)]
    men = np.mean([record["masculinity"] > 0.5 for record in records])
    assert 0.42 < men < 0.58
    assert 42 < np.mean([record["age"] for record in records]) < 51
    shares = np.mean([origin_shares(record) for record in records], 0)
    assert np.abs(shares - 1 / 3).max() < 0.06


def test_factors_of_the_first_version_keep_their_positions():
    assert FACTOR_NAMES.index("age") == 0
    assert FACTOR_NAMES.index("smile") == 39
    assert FACTOR_NAMES.index("yaw") == 48
    assert FACTOR_NAMES.index("light_contrast") == 81
    assert CODE_SIZE == 108


def test_parts_have_the_names_of_the_34_face_parts():
    assert len(set(FACE_34.values())) == 34
    for label in PORTRAIT_LABELS:
        assert (label.side is None) == (not label.name.startswith(("left ", "right ")))
        assert label.groups
    assert {label.name for label in PORTRAIT_LABELS.group("gaze")} == {
        f"{side} {part}" for side in ("left", "right") for part in ("iris", "pupil")
    }


def test_a_code_of_another_size_is_refused():
    with pytest.raises(ValueError, match=f"has {CODE_SIZE} numbers"):
        factors_from_code(np.zeros(3))


def test_the_eyes_are_at_the_same_position_in_every_frame():
    for head in pose([factors_from_code(code_from_seed(seed)) for seed in range(4)]):
        scale_x, _, centre_x, _ = head.frame
        assert 0.5 < scale_x < 0.95
        assert abs(centre_x) < 1
        assert np.isfinite(head.vertices).all()
        assert np.isfinite(head.locks).all()
        assert np.isfinite(head.wear).all()


def test_shipped_portraits_contain_every_part_and_are_read_unchanged():
    samples = load_samples()
    assert len(samples) == 64
    assert {sample.image.shape for sample in samples} == {(128, 128, 3)}
    seen = set(np.unique(np.stack([sample.label_map for sample in samples])))
    tear_ducts = {PORTRAIT_LABELS[f"{side} tear duct"].id for side in ("left", "right")}  # below a pixel at 128 px
    assert seen | tear_ducts == set(range(len(PORTRAIT_LABELS)))
    assert json.dumps(samples[0].factors)


@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_a_render_is_deterministic_and_has_its_size():
    a, b = portraits.render(seed=4, size=64), portraits.render(seed=4, size=64)
    assert a.image.shape == (64, 64, 3)
    assert a.label_map.shape == (64, 64)
    np.testing.assert_array_equal(a.image, b.image)
    np.testing.assert_array_equal(a.label_map, b.label_map)


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_shipped_portraits_match_a_fresh_render():
    shipped = load_samples()[5]
    fresh = portraits.render(seed=20_000_005, size=128)
    assert (shipped.label_map == fresh.label_map).mean() > 0.99
    assert np.abs(shipped.image.astype(int) - fresh.image).mean() < 2


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_factors_move_their_parts():
    with portraits.Renderer(96) as renderer:
        base, smiling, asleep, shouting, bald, long = renderer.render(
            [
                neutral(),
                neutral(smile=1.0, upper_lip_raise=0.8),
                neutral(blink=1.0),
                neutral(jaw_open=0.8),
                neutral(baldness=1.0),
                neutral(hair_length=1.0),
            ]
        )
    mouth = [label.id for label in PORTRAIT_LABELS.group("mouth")]
    lips = [np.flatnonzero(np.isin(p.label_map, mouth).any(0)) for p in (base, smiling)]
    assert np.ptp(lips[1]) > np.ptp(lips[0])
    assert area(asleep, "left iris", "right iris") == 0 < area(base, "left iris", "right iris")
    assert area(shouting, "mouth", "teeth") > area(base, "mouth", "teeth")
    assert area(bald, "hair") == 0
    assert area(long, "hair") > area(base, "hair")


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
@pytest.mark.parametrize("seed", [0, 2, 5, 20, 38])
def test_a_smile_shows_the_teeth_and_a_closed_mouth_hides_them(seed):
    still = dict.fromkeys(("jaw_open", "upper_lip_raise", "pucker", "frown", "yaw", "pitch", "beard", "moustache"), 0.0)
    record = factors_from_code(code_from_seed(seed))
    with portraits.Renderer(128) as renderer:
        closed, smiling = renderer.render([override(record, still | {"smile": smile}) for smile in (0.0, 0.8)])
    assert area(closed, "teeth") <= 2  # at the corners
    assert area(smiling, "teeth") > 20


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_facial_hair_grows_with_its_factors_only_on_men():
    man, woman = {"masculinity": 1.0, "smile": 0.0}, {"masculinity": 0.0, "smile": 0.0}
    with portraits.Renderer(128) as renderer:
        bare, bearded, moustached, her = renderer.render(
            [
                neutral(**man, beard=0.0, moustache=0.0),
                neutral(**man, beard=0.9, moustache=0.0),
                neutral(**man, beard=0.0, moustache=0.9),
                neutral(**woman, beard=1.0, moustache=1.0),
            ]
        )
    assert area(bare, "beard", "moustache") == 0 == area(her, "beard", "moustache")
    assert area(bearded, "beard") > 300
    assert area(moustached, "moustache") > 40
    assert area(moustached, "beard") == 0


@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_the_edge_of_a_head_is_antialiased():
    portrait = portraits.render(
        seed=3, size=128, baldness=1.0, background_value=0.9, background_saturation=0.4, yaw=0.0
    )
    grey = portrait.image.astype(int).sum(2)
    steps = []
    for y in range(20, 40):
        edge = int(np.flatnonzero(portrait.label_map[y])[0])  # first pixel of the head
        across = grey[y, edge - 2 : edge + 2]
        steps.append(np.abs(np.diff(across)).max() / np.ptp(across))
    assert np.mean(steps) < 0.85


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_every_part_is_visible_in_some_portrait():
    records = [factors_from_code(code_from_seed(seed)) for seed in range(24)]
    records += [neutral(age=75.0, wrinkle_age=2.0, frown_lines=1.0, smile=1.0), neutral(glasses=1.0, masculinity=1.0)]
    with portraits.Renderer(192) as renderer:
        seen = set(np.unique(np.stack([portrait.label_map for portrait in renderer.render(records)])))
    assert {PORTRAIT_LABELS[i].name for i in range(len(PORTRAIT_LABELS))} == {PORTRAIT_LABELS[i].name for i in seen}


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_wrinkles_come_with_age_and_glasses_with_their_factor():
    with portraits.Renderer(160) as renderer:
        young, old, wearing = renderer.render(
            [neutral(age=20.0, glasses=0.0), neutral(age=75.0, glasses=0.0), neutral(age=20.0, glasses=0.8)]
        )
    assert area(old, "wrinkles") > area(young, "wrinkles")
    assert area(wearing, "glasses") > 0 == area(young, "glasses")


@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_landmarks_lie_on_their_parts():
    portrait = portraits.render(seed=3, size=192, yaw=12.0, blink=0.0, wink=0.0, hair_length=0.2, glasses=0.0)
    assert portrait.landmarks.shape == (len(LANDMARKS), 2)
    for landmark, names in {
        "left eye centre": ("left iris", "left sclera", "left pupil"),
        "right eye centre": ("right iris", "right sclera", "right pupil"),
        "nose tip": ("nose tip", "nose"),
        "chin": ("chin", "neck", "beard"),
    }.items():
        x, y = portrait.landmarks[LANDMARKS.index(landmark)].astype(int)
        assert PORTRAIT_LABELS[int(portrait.label_map[y, x])].name in names


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_a_small_change_of_a_factor_changes_the_portrait_little():
    with portraits.Renderer(64) as renderer:
        for name, at in {"hair_length": 0.5, "hair_tied": 0.3, "fringe": 0.4, "baldness": 0.3, "glasses": 0.2}.items():
            a, b = renderer.render([neutral(**{name: at}), neutral(**{name: at + 0.01})])
            assert np.abs(a.image.astype(int) - b.image).mean() < 6, name


@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_left_means_the_persons_left():
    portrait = portraits.render(seed=3, size=96, yaw=0.0)
    columns = {
        name: np.flatnonzero((portrait.label_map == PORTRAIT_LABELS[name].id).any(0)).mean()
        for name in ("left brow", "right brow")
    }
    assert columns["left brow"] > columns["right brow"]


@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_an_odd_size_is_refused():
    with pytest.raises(ValueError, match="16 to 2048"):
        portraits.Renderer(4)


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_a_stopped_dataset_is_resumed(tmp_path):
    class StopError(Exception):
        pass

    def stop(done: int, _: int) -> None:
        if done >= 16:
            raise StopError

    with pytest.raises(StopError):
        write_dataset(tmp_path / "d", 20, 32, progress=stop)
    write_dataset(tmp_path / "d", 20, 32)
    whole = write_dataset(tmp_path / "whole", 20, 32)
    for name in ("images.npy", "label_maps.npy", "latents.npy"):
        np.testing.assert_array_equal(np.load(tmp_path / "d" / name), np.load(whole / name))
    assert len((tmp_path / "d" / "factors.jsonl").read_text().splitlines()) == 20
    with pytest.raises(ValueError, match="another dataset"):
        write_dataset(tmp_path / "d", 21, 32)


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_a_dataset_is_identical_for_any_number_of_jobs(tmp_path):
    for jobs in (1, 2):
        write_dataset(tmp_path / str(jobs), 18, 16, jobs=jobs)
    for path in (tmp_path / "1").iterdir():
        assert path.read_bytes() == (tmp_path / "2" / path.name).read_bytes(), path.name


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_rendering_processes_end_with_the_loop_that_uses_them():
    drawn = portraits.render_many(range(100), 16, jobs=2)
    next(drawn)
    assert len(multiprocessing.active_children()) == 2
    drawn.close()
    assert not multiprocessing.active_children()


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("_egl")
def test_a_rendering_process_that_dies_raises_an_error_instead_of_blocking():
    drawn = portraits.render_many(range(200), 16, jobs=2)
    next(drawn)
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(WorkerError, match="exit code -9; use fewer jobs"):
        list(drawn)
