"""Paint examples/painting.png: a rendered portrait as an oil painting in its frame, to be embedded and edited."""

from pathlib import Path

import numpy as np
from scipy import ndimage

from editgan_widgets import images
from editgan_widgets.analysis.stylised import oil
from editgan_widgets.domains import portraits

SEED, SIZE, FRAME = 20_000_033, 360, 44
FACTORS = {
    "smile": 0.05,
    "jaw_open": 0.0,
    "upper_lip_raise": 0.0,
    "blink": 0.0,
    "wink": 0.0,
    "glasses": 0.0,
    "pucker": 0.0,
    "hair_length": 0.6,
    "hair_volume": 0.35,
    "hair_curl": 0.35,
    "hair_mess": 0.1,
    "fringe": 0.0,
    "baldness": 0.0,
    "yaw": 8.0,
    "roll": 0.0,
    "pitch": 0.0,
    "gaze_x": 0.0,
    "gaze_y": 0.0,
    "masculinity": 0.2,
    "age": 30.0,
    "beard": 0.0,
    "background_value": 0.35,
    "background_saturation": 0.3,
    "hair_tied": 0.0,
}


def main():
    portrait = portraits.render(SEED, size=SIZE, **FACTORS)
    painted = oil(portrait.image, radius=3, tones=16)
    grain = ndimage.gaussian_filter(np.random.default_rng(0).normal(0, 1, painted.shape[:2]), (0.6, 1.6)) * 10
    painted = np.clip(painted + grain[..., None], 0, 255).astype(np.uint8)
    side = SIZE + 2 * FRAME
    y, x = np.mgrid[:side, :side]
    edge = np.minimum(np.minimum(x, side - 1 - x), np.minimum(y, side - 1 - y)) / FRAME
    profile = 0.55 + 0.45 * np.sin(edge.clip(0, 1) * 7.5) ** 2
    sheet = np.clip(np.array([176, 132, 62]) * profile[..., None], 0, 255).astype(np.uint8)
    sheet[FRAME : FRAME + SIZE, FRAME : FRAME + SIZE] = painted
    wall = np.full((side + 60, side + 260, 3), (226, 222, 214), np.uint8)
    wall[30 : 30 + side, 130 : 130 + side] = sheet
    images.save(wall, Path(__file__).parents[1] / "examples" / "painting.png")


if __name__ == "__main__":
    main()
