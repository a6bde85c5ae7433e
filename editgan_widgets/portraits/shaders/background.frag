#version 330
#include common
uniform vec3 background_color;
uniform float background_gradient;
in vec2 v_uv;
void main() {
    float vertical = 1.0 + background_gradient * (v_uv.y - 0.5);
    float halo = 1.08 - 0.25 * length(v_uv - vec2(0.5 + 0.25 * sign(key_direction.x) * abs(key_direction.x), 0.55));
    emit(background_color * vertical * halo, 0);
}
