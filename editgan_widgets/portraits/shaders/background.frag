#version 330
#include common
uniform vec3 background_color;
uniform float background_gradient;
in vec2 v_uv;
void main() {
    float vertical = 1.0 + 0.6 * background_gradient * (v_uv.y - 0.5);
    float halo = 1.12 - 0.35 * length(v_uv - vec2(0.5 + 0.25 * key_direction.x, 0.55));
    float cloud = 0.94 + 0.12 * fbm(v_uv * 2.3 + background_color.xy * 9.0);
    emit(background_color * vertical * halo * cloud, 0);
}
