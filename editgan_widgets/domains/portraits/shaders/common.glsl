uniform vec3 key_direction;
uniform vec3 key_color;
uniform vec3 fill_color;     // soft light from the other side, a little below
uniform vec3 rim_color;      // from behind, both sides
uniform vec3 ambient_sky;
uniform vec3 ambient_ground;
uniform vec3 hair_color;
layout(location = 0) out vec4 out_color;
layout(location = 1) out vec4 out_label;

uniform sampler2D noise_map;  // independent random numbers, interpolated
float noise(vec2 p) { return texture(noise_map, p / 128.0).r; }
float fbm(vec2 p) { return 0.6 * noise(p) + 0.4 * noise(p * 2.3 + 7.1); }
float bump(float x) { float t = max(1.0 - 0.28 * x * x, 0.0); return t * t * t; }
vec3 ambient(vec3 n) { return mix(ambient_ground, ambient_sky, 0.5 + 0.5 * n.y); }
vec3 diffuse_light(vec3 n, float wrap) {
    vec3 fill_direction = normalize(vec3(-key_direction.x, 0.1, 0.8));
    float key = clamp((dot(n, key_direction) + wrap) / (1.0 + wrap), 0.0, 1.0);
    float fill = clamp((dot(n, fill_direction) + 0.5) / 1.5, 0.0, 1.0);
    return ambient(n) + key_color * key + fill_color * fill;
}
vec3 skin_light(vec3 n, float wrap) {  // red light goes farthest under the skin, so it reaches farthest into the shade
    vec3 fill_direction = normalize(vec3(-key_direction.x, 0.1, 0.8));
    vec3 reach = vec3(wrap + 0.16, wrap - 0.02, wrap - 0.08);
    vec3 key = clamp((vec3(dot(n, key_direction)) + reach) / (reach + 1.0), 0.0, 1.0);
    float fill = clamp((dot(n, fill_direction) + 0.5) / 1.5, 0.0, 1.0);
    return ambient(n) + key_color * key * mix(key, vec3(1.0), 0.75) + fill_color * fill;
}
vec3 rim_light(vec3 n) {
    float edge = 1.0 - clamp(n.z, 0.0, 1.0);
    edge *= edge * edge;
    return rim_color * edge * (0.4 + 0.6 * clamp(abs(n.x) + 0.5 * n.y, 0.0, 1.0));
}
void emit(vec3 linear_color, int label) {
    vec3 c = linear_color / (1.0 + 0.18 * linear_color);  // a soft shoulder for the lights
    out_color = vec4(sqrt(clamp(c * 1.10, 0.0, 1.0)), 1.0);
    out_label = vec4(float(label) / 255.0, 0.0, 0.0, 1.0);
}
