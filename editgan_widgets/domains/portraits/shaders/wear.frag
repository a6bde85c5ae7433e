#version 330
#include common
uniform vec3 shirt_color;
uniform vec3 rim_tone;
in vec3 v_normal;
in vec3 v_position;
in vec2 v_place;
void main() {
    vec3 n = normalize(v_normal);
    if (n.z < 0.0) n = -n;
    vec3 h = normalize(key_direction + vec3(0, 0, 1));
    if (v_place.y > 0.5) {
        float shine = pow(max(dot(n, h), 0.0), 30.0);
        emit(rim_tone * diffuse_light(n, 0.4) + key_color * shine * 0.5, 48);
        return;
    }
    float inside = smoothstep(0.28, 0.12, v_place.x);
    float stitch = 1.0 - 0.25 * bump((v_place.x - 0.93) / 0.025);
    vec3 albedo = shirt_color * stitch * mix(1.0, 0.45, inside) * (0.95 + 0.1 * noise(v_position.xy * 14.0));
    emit(albedo * diffuse_light(n, 0.45), 3);
}
