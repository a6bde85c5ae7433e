#version 330
#include common
uniform vec4 hair_factors;   // curl, part azimuth, volume, end softness in dm
in vec3 v_position;
in vec3 v_normal;
in vec3 v_tangent;
in vec3 v_strand;
void main() {
    float azimuth = v_strand.x, along = v_strand.y, end = v_strand.z;
    float curl = hair_factors.x;
    float wave = curl * 0.10 * sin(along * 9.0 + 3.0 * noise(vec2(azimuth * 4.0, along)));
    float lock = noise(vec2((azimuth + wave) * 16.0, along * (0.5 + 3.0 * curl)));
    float fine = noise(vec2((azimuth + wave) * 75.0, along * (1.5 + 14.0 * curl)));
    float tip = end - hair_factors.w * (0.7 * lock + 0.5 * fine);
    if (along > tip) discard;
    vec3 n = normalize(v_normal), t = normalize(v_tangent);
    bool inner = n.z < 0.0;
    if (inner) n = -n;
    n = normalize(n + (0.5 + 0.8 * curl) * vec3(noise(vec2(azimuth * 22.0, along * (1.0 + 6.0 * curl))) - 0.5, (0.2 + curl) * (noise(vec2(azimuth * 22.0 + 9.0, along * (1.0 + 6.0 * curl))) - 0.5), 0.0));
    vec3 albedo = hair_color * (0.62 + 0.45 * lock + 0.35 * fine);
    float parted = smoothstep(0.0, 0.12, abs(azimuth - hair_factors.y)) + smoothstep(0.25, 0.6, along);
    albedo *= mix(0.6, 1.0, clamp(parted, 0.0, 1.0));
    albedo *= mix(0.75, 1.0, smoothstep(0.0, 0.35, tip - along));
    if (inner) albedo *= 0.35;
    float ndl = dot(n, key_direction);
    float diffuse = max((ndl + 0.35) / 1.35, 0.0);
    vec3 h = normalize(key_direction + vec3(0, 0, 1));
    float across = dot(t + n * 0.25 * (fine - 0.5), h);
    float sheen = pow(max(1.0 - across * across, 0.0), 18.0) * max(ndl, 0.0) * (inner ? 0.0 : 1.0);
    vec3 color = albedo * (ambient(n) + key_color * diffuse) + key_color * sheen * mix(vec3(0.10), hair_color, 0.6) * (0.6 - 0.35 * curl);
    emit(color, 4);
}
