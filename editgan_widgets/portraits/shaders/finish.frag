#version 330
// Second pass at the picture's size: mean colour and majority label of 2 x 2, occlusion and a soft shadow from depth.
uniform sampler2D colour;
uniform sampler2D label;
uniform sampler2D depth;
uniform vec4 frame;
uniform vec3 key_direction;
uniform float shadow_strength;
layout(location = 0) out vec4 out_color;
layout(location = 1) out vec4 out_label;
float at(vec2 uv) { return (0.5 - texture(depth, uv).x) * 20.0; }  // dm in front of the eyes
// What shades: not the frame of glasses, whose few samples would show as copies of it on the face.
float shading(vec2 uv, float here) { return at(uv) - here - (texture(label, uv).r > 47.5 / 255.0 ? 100.0 : 0.0); }
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy) * 2;
    vec3 sum = vec3(0.0);
    float id[4];
    for (int i = 0; i < 4; i++) {
        ivec2 q = p + ivec2(i & 1, i >> 1);
        sum += texelFetch(colour, q, 0).rgb;
        id[i] = texelFetch(label, q, 0).r;
    }
    float other = id[1] == id[2] || id[1] == id[3] ? id[1] : (id[2] == id[3] ? id[2] : id[0]);
    out_label = vec4(id[0] == id[1] || id[0] == id[2] || id[0] == id[3] ? id[0] : other, 0.0, 0.0, 1.0);
    vec3 c = sum * 0.25;
    vec2 uv = gl_FragCoord.xy * 2.0 / vec2(textureSize(depth, 0));
    float here = at(uv);
    int part = int(out_label.r * 255.0 + 0.5);
    float open_air = part == 19 || (part >= 11 && part <= 14) || part >= 44 ? 0.25 : 1.0;  // teeth, eyes, glasses stay bright
    if (here > -9.0) {
        vec2 per_dm = frame.xy * 0.5;
        float occluded = 0.0;
        for (int i = 0; i < 8; i++) {
            float turn = float(i) * 2.4, radius = 0.05 + 0.026 * float(i);
            float over = shading(uv + vec2(cos(turn), sin(turn)) * radius * per_dm, here);
            occluded += smoothstep(0.02, 0.16, over) * smoothstep(0.9, 0.35, over);
        }
        float shadow = 0.0;
        for (int i = 1; i <= 7; i++) {
            float t = 0.085 * float(i);
            float over = shading(uv + key_direction.xy * t * per_dm, here) - key_direction.z * t;
            shadow = max(shadow, smoothstep(0.01, 0.26, over) * smoothstep(1.1, 0.6, over) * (1.15 - t));
        }
        c *= mix(vec3(1.0), vec3(0.58, 0.50, 0.48), open_air * clamp(occluded / 8.0 * 1.25, 0.0, 1.0));
        c *= mix(vec3(1.0), vec3(0.70, 0.63, 0.62), open_air * shadow * shadow_strength);
    }
    out_color = vec4(c, 1.0);
}
