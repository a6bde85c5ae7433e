#version 330
// Last pass at the picture's size: filtered colour and majority label of 2 x 2, occlusion and a soft shadow.
uniform sampler2D colour;
uniform sampler2D label;
uniform sampler2D depth;
uniform sampler2D shade;
uniform float shadow_strength;
layout(location = 0) out vec4 out_color;
layout(location = 1) out vec4 out_label;
vec3 darkening(vec3 found) {
    vec2 f = found.xy / found.z;
    return mix(vec3(1.0), vec3(0.58, 0.50, 0.48), clamp(f.x * 1.25, 0.0, 1.0)) * mix(vec3(1.0), vec3(0.70, 0.63, 0.62), f.y * 1.15 * shadow_strength);
}
void main() {
    ivec2 here = ivec2(gl_FragCoord.xy), p = here * 2;
    ivec2 last = textureSize(colour, 0) - 1;
    float id[4];
    for (int i = 0; i < 4; i++) id[i] = texelFetch(label, p + ivec2(i & 1, i >> 1), 0).r;
    float other = id[1] == id[2] || id[1] == id[3] ? id[1] : (id[2] == id[3] ? id[2] : id[0]);
    out_label = vec4(id[0] == id[1] || id[0] == id[2] || id[0] == id[3] ? id[0] : other, 0.0, 0.0, 1.0);
    // Two surfaces can meet here: the nearest and the farthest of the samples, each shaded by its own occlusion.
    float near = 1.0, far = 0.0;
    for (int i = 0; i < 16; i++) {
        float z = texelFetch(depth, clamp(p + ivec2(i & 3, i >> 2) - 1, ivec2(0), last), 0).x;
        near = min(near, z);
        far = max(far, z);
    }
    vec3 on_near = vec3(0.0, 0.0, 1e-4), on_far = vec3(0.0, 0.0, 1e-4);  // occlusion, shadow, weight
    for (int i = 0; i < 16; i++) {
        ivec2 q = clamp(here + ivec2(i & 3, i >> 2) - 2, ivec2(0), last / 2);
        float z = texelFetch(depth, q * 2, 0).x;
        vec3 found = vec3(texelFetch(shade, q, 0).rg, 1.0);
        on_near += smoothstep(0.02, 0.005, abs(z - near)) * found;
        on_far += smoothstep(0.02, 0.005, abs(z - far)) * found;
    }
    vec3 dark_near = darkening(on_near), dark_far = far < 0.95 ? darkening(on_far) : vec3(1.0);
    // A tent, 1 3 3 1 each way: lone bright samples at the edges of hair do not stand out.
    vec3 c = vec3(0.0);
    for (int i = 0; i < 16; i++) {
        ivec2 q = ivec2(i & 3, i >> 2), at = clamp(p + q - 1, ivec2(0), last);
        float weight = (q.x == 1 || q.x == 2 ? 3.0 : 1.0) * (q.y == 1 || q.y == 2 ? 3.0 : 1.0);
        float z = texelFetch(depth, at, 0).x;
        float part = texelFetch(label, at, 0).r * 255.0;
        bool open_air = (part > 18.5 && part < 19.5) || (part > 10.5 && part < 14.5) || part > 43.5;  // teeth, eyes, glasses stay bright
        vec3 dark = z - near < far - z ? dark_near : dark_far;
        c += weight / 64.0 * texelFetch(colour, at, 0).rgb * (open_air ? mix(vec3(1.0), dark, 0.25) : dark);
    }
    out_color = vec4(c, 1.0);
}
