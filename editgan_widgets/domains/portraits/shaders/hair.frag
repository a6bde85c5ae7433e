#version 330
#include common
uniform vec4 hair_factors;   // curl, streaks, mess, grey
in vec3 v_out;
in vec3 v_across;
in vec3 v_tangent;
in vec3 v_place;
in vec4 v_facts;
float power4(float x) { x *= x; return x * x; }
float power8(float x) { x = power4(x); return x * x; }
void main() {
    float v = v_place.x, along = v_place.y, seed = v_place.z * 3.7;
    float dm = along * v_facts.x;
    float strand = noise(vec2(v * 3.0 + seed, dm * 1.2));
    float fine = noise(vec2(v * 9.0 + seed * 1.7, dm * (2.0 + 3.0 * hair_factors.x)));
    float keep = 1.0 - smoothstep(0.82, 1.0, along) * (0.35 + 0.8 * fine) * (1.0 - v_facts.z);
    if (abs(v) > keep + 0.25 * (strand - 0.3)) discard;
    float ends = 0.62 + 0.60 * noise(vec2(v * 4.0 + seed * 2.3, seed));  // strands of a lock end one by one
    if (along > ends + v_facts.z) discard;
    float coil = smoothstep(0.55, 1.0, hair_factors.x) * noise(vec2(v * 2.2 + seed * 3.1, dm * 11.0));  // of curly hair
    if (abs(v) > 1.15 - 0.9 * coil) discard;
    vec3 n = v_out, t = normalize(v_tangent), b = v_across;
    if (n.z < 0.0) n = -n;
    n = normalize(n + b * (v * 0.75 + fine * 0.8 - 0.4));
    float tint = 0.78 + 0.30 * v_facts.y + 0.30 * (fine - 0.5) + 0.25 * (strand - 0.5);
    vec3 albedo = hair_color * tint;
    albedo = mix(albedo, albedo * 1.7 + 0.03, hair_factors.y * smoothstep(0.62, 0.85, v_facts.y));
    albedo *= mix(0.55, 1.0, smoothstep(0.0, 0.30, dm));
    albedo *= mix(1.0, 0.72, smoothstep(0.4, 1.0, abs(v))) * (1.0 - 0.45 * coil);
    vec3 light = diffuse_light(n, 0.45);
    vec3 h = normalize(key_direction + vec3(0, 0, 1));
    float shift = 0.22 * (fine - 0.5) + 0.10;
    float a1 = dot(t + n * shift, h), a2 = dot(t - n * (0.15 - shift), h);
    float ndl = clamp(dot(n, key_direction) * 0.7 + 0.3, 0.0, 1.0);
    float sheen = power8(power4(max(1.0 - a1 * a1, 0.0))) * ndl;
    float glow = power8(max(1.0 - a2 * a2, 0.0)) * ndl;
    vec3 color = albedo * light + key_color * (sheen * 0.10 * (1.0 - 0.5 * hair_factors.x) + glow * 0.9 * albedo * (1.0 - 0.4 * hair_factors.x));
    emit(color + rim_light(n) * (albedo + 0.06), 4);
}
