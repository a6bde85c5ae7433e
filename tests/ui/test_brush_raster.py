"""The browser's brush and the kernel's paint the same pixels: the echo is the truth before the kernel has spoken."""

from pathlib import Path

import numpy as np
import pytest

from editgan_widgets.masks.strokes import Stroke, covered

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]

SCRIPT = Path(__file__).parents[2] / "editgan_widgets" / "widgets" / "static" / "editor" / "raster.js"

RASTER = """async ([source, strokes, size]) => {
    const module = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    return strokes.map(([points, radius, shape]) => {
        const hits = new Set();
        module.rasterise(new Float32Array(points), radius, shape, size, size, index => hits.add(index));
        return [...hits];
    });
}"""


@pytest.mark.parametrize("pressed", [False, True], ids=["one radius", "a radius for each point"])
@pytest.mark.parametrize("shape", ["round", "square"])
def test_browser_and_kernel_rasters_are_identical(browser, shape, pressed):
    size, rng = 64, np.random.default_rng(7)
    strokes = []
    for i in range(300):
        points = rng.uniform(-4, size + 4, (rng.integers(1, 6), 2)).astype(np.float32)
        if i % 3 == 0:
            points = np.round(points * 2) / 2  # corners and centres, where distances tie
        points[0] = np.clip(points[0], 0, size - 1)
        radii = rng.choice(np.array([0.71, 1, 1.5, 2.5, 4, 7.3], np.float32), len(points) if pressed else 1)
        strokes.append((points, radii))
    page = browser.new_page()
    sent = [
        [points.flatten().tolist(), radii.tolist() if pressed else float(radii[0]), shape] for points, radii in strokes
    ]
    drawn = page.evaluate(RASTER, [SCRIPT.read_text(encoding="utf-8"), sent, size])
    page.close()
    for (points, radii), indices in zip(strokes, drawn, strict=True):
        mask = np.zeros(size * size, bool)
        mask[indices] = True
        pairs = [(float(x), float(y)) for x, y in points]
        expected = covered(Stroke(pairs, float(radii[0]), 1, shape, radii if pressed else None), (size, size))
        assert np.array_equal(mask.reshape(size, size), expected), (pairs, radii)
