#version 330
#include common
// A wall in a soft gradient of two colours, with plaster or folds of cloth on it, or a room far out of focus.
uniform vec3 background_color;
uniform vec3 background_second;   // colour of the lower half
uniform vec4 background_factors;  // gradient, texture: -1 folds to 1 plaster, room 0..1, layout of the room in turns
in vec2 v_uv;
float soft_box(vec2 p, vec2 centre, vec2 half_size, float blur) {
    vec2 d = abs(p - centre) - half_size;
    return smoothstep(blur, -blur, d.x) * smoothstep(blur, -blur, d.y);
}
void main() {
    float tilt = 0.35 * key_direction.x * (v_uv.x - 0.5);
    float up = smoothstep(0.0, 1.0, v_uv.y + tilt);
    float vertical = 1.0 + 0.6 * background_factors.x * (v_uv.y - 0.5);
    float halo = 1.14 - 0.42 * length(v_uv - vec2(0.5 + 0.25 * key_direction.x, 0.55));
    vec3 c = mix(background_second, background_color, up) * vertical * halo;
    float plaster = max(background_factors.y, 0.0), folds = max(-background_factors.y, 0.0);
    float mottled = 0.55 * noise(v_uv * 3.1 + 5.0) + 0.3 * noise(v_uv * 8.3) + 0.15 * noise(v_uv * 21.0);
    c *= 1.0 + (0.10 + 0.65 * plaster) * (mottled - 0.5);
    float wave = v_uv.x * 5.0 + 0.7 * sin(v_uv.y * 3.0 + 9.0 * noise(vec2(v_uv.x * 2.0, 0.3)));
    c *= 1.0 + 0.30 * folds * sin(wave * 6.2832);
    float room = background_factors.z;
    if (room > 0.0) {
        float turn = background_factors.w * 6.2832, across = 0.5 + 0.40 * sin(turn), far = 0.5 - 0.38 * sin(turn + 0.6);
        float wall = 0.42 + 0.1 * sin(turn * 2.0);
        vec3 scene = mix(background_second * 0.55, background_color * 0.95, smoothstep(wall - 0.10, wall + 0.10, v_uv.y));
        float window = soft_box(v_uv, vec2(across, 0.74), vec2(0.17, 0.22), 0.06);
        float bars = max(bump((v_uv.x - across) / 0.022), bump((v_uv.y - 0.74) / 0.022));
        scene = mix(scene, vec3(0.86, 0.90, 0.93) * (0.45 + 0.6 * v_uv.y), window * (1.0 - 0.35 * bars));
        scene = mix(scene, background_second * vec3(0.50, 0.42, 0.36), soft_box(v_uv, vec2(far, 0.40), vec2(0.13, 0.34), 0.05));
        scene = mix(scene, background_color * vec3(0.55, 0.75, 0.5), soft_box(v_uv, vec2(far + 0.05, 0.62), vec2(0.08, 0.06), 0.05) * 0.8);
        vec2 lamp = v_uv - vec2(1.0 - across, 0.80);
        scene += vec3(0.50, 0.36, 0.20) * smoothstep(0.16, 0.0, length(lamp)) * (0.5 + 0.5 * cos(turn));
        c = mix(c, scene, room);
    }
    emit(c, 0);
}
