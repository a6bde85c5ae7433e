#version 330
// Last pass at the picture's size: filtered colour and majority label of 2 x 2, occlusion and a soft shadow.
uniform sampler2D colour;
uniform sampler2D label;
uniform sampler2D depth;
uniform sampler2D shade;
uniform float shadow_strength;
layout(location = 0) out vec4 out_color;
layout(location = 1) out vec4 out_label;
void main() {
    ivec2 here = ivec2(gl_FragCoord.xy), p = here * 2;
    ivec2 last = textureSize(colour, 0) - 1;
    float id[4];
    for (int i = 0; i < 4; i++) id[i] = texelFetch(label, p + ivec2(i & 1, i >> 1), 0).r;
    float other = id[1] == id[2] || id[1] == id[3] ? id[1] : (id[2] == id[3] ? id[2] : id[0]);
    out_label = vec4(id[0] == id[1] || id[0] == id[2] || id[0] == id[3] ? id[0] : other, 0.0, 0.0, 1.0);
    vec3 c = vec3(0.0);  // a tent, 1 3 3 1 each way: lone bright samples at the edges of hair do not stand out
    for (int i = 0; i < 16; i++) {
        ivec2 q = ivec2(i & 3, i >> 2);
        float weight = (q.x == 1 || q.x == 2 ? 3.0 : 1.0) * (q.y == 1 || q.y == 2 ? 3.0 : 1.0);
        c += weight / 64.0 * texelFetch(colour, clamp(p + q - 1, ivec2(0), last), 0).rgb;
    }
    float z = 1.0, covered = 0.0;  // the nearest of the four samples, and the share of them that is no background
    for (int i = 0; i < 4; i++) {
        float sampled = texelFetch(depth, p + ivec2(i & 1, i >> 1), 0).x;
        z = min(z, sampled);
        covered += 0.25 * step(sampled, 0.95);
    }
    if (z < 0.95) {
        vec3 found = vec3(0.0);
        for (int i = 0; i < 16; i++) {
            ivec2 q = clamp(here + ivec2(i & 3, i >> 2) - 2, ivec2(0), last / 2);
            float near = smoothstep(0.02, 0.005, abs(texelFetch(depth, q * 2, 0).x - z)) + 0.001;
            found += near * vec3(texelFetch(shade, q, 0).rg, 1.0);
        }
        found /= found.b;
        int part = int(out_label.r * 255.0 + 0.5);
        float open_air = part == 19 || (part >= 11 && part <= 14) || part >= 44 ? 0.25 : covered;  // teeth, eyes, glasses stay bright
        c *= mix(vec3(1.0), vec3(0.58, 0.50, 0.48), open_air * clamp(found.r * 1.25, 0.0, 1.0));
        c *= mix(vec3(1.0), vec3(0.70, 0.63, 0.62), open_air * found.g * 1.15 * shadow_strength);
    }
    out_color = vec4(c, 1.0);
}
