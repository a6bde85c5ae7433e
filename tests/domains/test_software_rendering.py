"""Rendering without EGL: the shader interpreter, rasterisation, and comparison with OpenGL's pictures."""

import sys

import numpy as np
import pytest
from scipy.spatial import Delaunay

from editgan_widgets.domains import portraits
from editgan_widgets.domains.portraits import NoEGLError, renderer
from editgan_widgets.domains.portraits.factors import code_from_seed, factors_from_code
from editgan_widgets.domains.portraits.glsl import Shader, Texture
from editgan_widgets.domains.portraits.glsl_tree import GLSLError
from editgan_widgets.domains.portraits.scene import PASSES, shader_source
from editgan_widgets.domains.portraits.software import SoftwareRenderer, rasterise

X = np.array([-2.0, -0.5, 0.5, 3.0], np.float32)


def run(body: str, before: str = "", result: str = "float", **given):
    """Value of `result` for each lane of X, and the lanes that were kept."""
    source = f"#version 330\nin float x;\nout {result} result;\n{before}\nvoid main() {{\n{body}\n}}"
    outputs, kept = Shader(source, "test").run(len(X), {"x": X, **given})
    return outputs["result"], kept


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x * 2.0 + 1.0", 2 * X + 1),
        ("1 + x / 2", 1 + X / 2),
        ("-x * x", -X * X),
        ("float(7 / 2) + float(7 % 4) + float((6 >> 1) & 2)", [8, 8, 8, 8]),
        ("x > 0.0 && x < 1.0 || x < -1.0 ? 1.0 : 0.0", [1, 0, 1, 0]),
        ("x < 0.0 ? -1.0 : x > 1.0 ? 1.0 : x", [-1, -1, 0.5, 1]),
        ("mix(1.0, 3.0, clamp(x, 0.0, 1.0))", [1, 1, 2, 3]),
        ("smoothstep(1.0, 0.0, x)", [1, 1, 0.5, 0]),
        ("step(0.0, x) + fract(x) + sign(x)", [-1, -0.5, 2.5, 2]),
        ("max(abs(x), 1.0) - min(x, 0.0)", [4, 1.5, 1, 3]),
        ("dot(vec2(x, 1.0), vec2(2.0, 3.0))", 2 * X + 3),
        ("length(vec3(3.0, 0.0, 4.0)) + normalize(vec2(0.0, x)).y", 5 + np.sign(X)),
        ("cross(vec3(1, 0, 0), vec3(0, x, 0)).z", X),
        ("degrees(atan(1.0, 1.0)) + acos(1.0) + pow(2.0, 3.0) + sqrt(4.0) + sin(0.0) + cos(0)", [56] * 4),
    ],
)
def test_expressions_are_evaluated_as_in_glsl(expression, expected):
    result, _ = run(f"result = {expression};")
    np.testing.assert_allclose(result, np.array(expected), rtol=1e-5)
    assert result.dtype == np.float32


def test_swizzles_read_and_write_components_in_any_order():
    result, _ = run("vec3 v = vec3(x, 1.0, 2.0); v.zx = v.xy; v.y *= 3.0; result = vec4(v.bgr, v.x);", result="vec4")
    np.testing.assert_array_equal(result, [X, [3] * 4, [1] * 4, [1] * 4])


def test_both_branches_of_an_if_change_only_their_own_lanes():
    result, _ = run("result = 9.0; if (x > 0.0) { if (x > 1.0) result = 1.0; result += 1.0; } else result = x;")
    np.testing.assert_array_equal(result, [-2, -0.5, 10, 2])


def test_a_name_declared_in_a_block_hides_the_outer_one_until_its_end():
    result, _ = run("float t = 1.0; if (x > 0.0) { float t = 5.0; t += 1.0; } result = t;")
    np.testing.assert_array_equal(result, [1, 1, 1, 1])


def test_a_loop_counts_and_fills_an_array():
    result, _ = run("float a[3]; for (int i = 0; i < 3; i++) a[i] = x * float(i); result = a[1] + a[2];")
    np.testing.assert_array_equal(result, 3 * X)


def test_a_lane_that_has_returned_does_not_change():
    before = "float half_of(float v) { if (v < 0.0) return 0.0; v *= 0.5; return v; }"
    result, _ = run("result = half_of(x); if (x > 1.0) return; result += 10.0;", before)
    np.testing.assert_array_equal(result, [10, 10, 10.25, 1.5])


def test_discard_removes_fragments():
    result, kept = run("if (x < 0.0) discard; result = sqrt(x);")
    np.testing.assert_array_equal(kept, [False, False, True, True])
    np.testing.assert_allclose(result[kept], np.sqrt(X[2:]))


def test_uniforms_and_constants_are_the_same_for_all_lanes():
    before = "uniform vec3 colour; uniform float k; const int A = 2, B = A + 1;"
    result, _ = run("result = colour * k + float(B) * x;", before, "vec3", colour=(1.0, 2.0, 3.0), k=2)
    np.testing.assert_array_equal(result, np.array([[2], [4], [6]]) + 3 * X)


def test_a_texture_is_read_by_texel_or_interpolated():
    before = "uniform sampler2D map;"
    texels = np.array([[[0.0, 1.0], [2.0, 3.0]]], np.float32)
    result, _ = run("result = texelFetch(map, ivec2(1, textureSize(map, 0).y - 1), 0).r;", before, map=Texture(texels))
    np.testing.assert_array_equal(result, [3] * 4)
    result, _ = run("result = texture(map, vec2(0.5, 0.25)).x;", before, map=Texture(texels, interpolated=True))
    np.testing.assert_array_equal(result, [0.5] * 4)
    result, _ = run("result = texture(map, vec2(1.75, 0.0)).x;", before, map=Texture(texels))
    np.testing.assert_array_equal(result, [1] * 4)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("while (true) {}", "line 6: 'while' is not understood here: while"),
        ("result = x @ 2.0;", "line 6: '@' is not understood"),
        ("mat3 m;", "line 6: ';' is wanted, not 'm'"),
        ("result = erf(x);", "line 6: unknown function 'erf'"),
        ("result = y;", "line 6: 'y' is not declared"),
        ("vec2 v = vec3(x);", "line 6: vec2 cannot take 3 component"),
        ("result = vec2(x, x) > vec2(0.0) ? 1.0 : 0.0;", "line 6: '>' compares numbers, not vectors"),
        ("float a[2];\nfor (int i = 0; i < int(x); i++) a[i] = x;", "line 7: a loop bound"),
        ("x + 1.0 = 2.0;", "line 6: cannot assign to this expression"),
        ("if (x > 0.0) {", "'}' is wanted|more is wanted"),
    ],
)
def test_unsupported_code_is_refused_with_its_line(body, words):
    with pytest.raises(GLSLError, match=words):
        run(body)


def test_a_missing_uniform_is_named():
    with pytest.raises(GLSLError, match="test: vec3 'colour' was not given"):
        run("result = x;", "uniform vec3 colour;")


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("program", [*dict(PASSES), "finish"])
def test_every_shader_of_the_portraits_is_supported(program):
    for kind in ("vert", "frag"):
        assert "main" in Shader(shader_source(program, kind), program).tree.functions


def test_two_triangles_cover_a_square_once_and_interpolate_across_it():
    clip = np.array([[-1, 1, -1, 1], [-1, -1, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]], np.float32)
    clip[:, 1::2] *= 2  # the right side is twice as far away
    triangles = np.array([[0, 1, 2], [2, 1, 3]])
    fragments = rasterise(clip, triangles, 8)
    assert sorted(fragments.pixel) == list(range(64))
    rightness = (np.array([0, 1, 0, 1])[triangles[fragments.triangle].T] * fragments.weights).sum(0)
    column = (fragments.pixel % 8 + 0.5) / 8
    np.testing.assert_allclose(rightness, column / (2 - column), rtol=1e-5)


def test_triangles_that_share_edges_cover_each_pixel_once():
    points = np.random.default_rng(0).uniform(-1, 1, (40, 2))
    points = np.concatenate([points, [[-1, -1], [-1, 1], [1, -1], [1, 1]]])
    clip = np.stack([*points.T, 0 * points[:, 0], 0 * points[:, 0] + 1]).astype(np.float32)
    found = rasterise(clip, Delaunay(points).simplices, 64)
    assert sorted(found.pixel) == list(range(64 * 64))


@pytest.mark.slow
@pytest.mark.usefixtures("unchecked")
def test_software_rendering_needs_no_opengl_and_is_deterministic(monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl", None)
    a, b = (portraits.render(seed=1, size=32, backend="software") for _ in range(2))
    assert a.image.shape == (32, 32, 3)
    assert len(np.unique(a.label_map)) > 10
    np.testing.assert_array_equal(a.image, b.image)


def test_without_egl_portraits_are_rendered_in_software_with_one_warning(monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl", None)
    renderer.available_backend.cache_clear()
    try:
        with pytest.warns(UserWarning, match=r"rendered in software, about ten times slower: no OpenGL .*apt-get"):
            assert isinstance(portraits.make_renderer(16), SoftwareRenderer)
        assert isinstance(portraits.make_renderer(16), SoftwareRenderer)
        with pytest.raises(NoEGLError, match=r"install a driver.*backend 'software'"):
            portraits.make_renderer(16, "egl")
    finally:
        renderer.available_backend.cache_clear()


@pytest.mark.usefixtures("unchecked")
def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="'egl', 'software', or None"):
        portraits.make_renderer(16, "metal")


@pytest.mark.slow
@pytest.mark.egl
@pytest.mark.usefixtures("unchecked")
def test_software_and_opengl_render_the_same_portraits():
    records = [factors_from_code(code_from_seed(seed)) for seed in (2, 5)]
    try:
        with portraits.Renderer(64) as drawn_by_opengl:
            expected = list(drawn_by_opengl.render(records))
    except NoEGLError as error:
        pytest.skip(f"no EGL: {error}")
    for ours, theirs in zip(SoftwareRenderer(64).render(records), expected, strict=True):
        assert np.abs(ours.image.astype(int) - theirs.image).mean() < 0.2
        assert (ours.label_map == theirs.label_map).mean() > 0.998
        np.testing.assert_array_equal(ours.landmarks, theirs.landmarks)
