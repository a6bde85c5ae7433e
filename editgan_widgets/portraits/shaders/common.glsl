uniform vec3 key_direction;
uniform vec3 key_color;
uniform vec3 ambient_sky;
uniform vec3 ambient_ground;
uniform vec3 hair_color;
layout(location = 0) out vec4 out_color;
layout(location = 1) out vec4 out_label;

float hash(vec2 p) { p = fract(p * vec2(123.34, 456.21)); p += dot(p, p + 45.32); return fract(p.x * p.y); }
float noise(vec2 p) {
    vec2 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}
float fbm(vec2 p) { return 0.5 * noise(p) + 0.3 * noise(p * 2.1 + 7.1) + 0.2 * noise(p * 4.3 + 3.7); }
vec3 ambient(vec3 n) { return mix(ambient_ground, ambient_sky, 0.5 + 0.5 * n.y); }
void emit(vec3 linear_color, int label) {
    out_color = vec4(pow(clamp(linear_color, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
    out_label = vec4(float(label) / 255.0, 0.0, 0.0, 1.0);
}
