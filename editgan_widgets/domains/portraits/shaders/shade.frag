#version 330
// Pass at the picture's size: how much of each pixel is occluded (red) and in the key light's shadow (green), from depth.
// Neighbours look at different distances; the last pass takes the mean of 4 x 4, which leaves no copies of an edge.
uniform sampler2D label;
uniform sampler2D depth;
uniform vec4 frame;
uniform vec3 key_direction;
layout(location = 0) out vec4 out_color;
float at(vec2 uv) { return (0.5 - texture(depth, uv).x) * 20.0; }  // dm in front of the eyes
// What shades: not the frame of glasses, whose few samples would show as copies of it on the face.
float shading(vec2 uv, float here) { return at(uv) - here - (texture(label, uv).r > 47.5 / 255.0 ? 100.0 : 0.0); }
void main() {
    vec2 uv = (gl_FragCoord.xy * 2.0 - 0.5) / vec2(textureSize(depth, 0));  // the first of the pixel's four samples
    float here = at(uv);
    float occluded = 0.0, shadow = 0.0;
    if (here > -9.0) {
        ivec2 cell = ivec2(gl_FragCoord.xy) & 3;
        float jitter = (float(((cell.y * 4 + cell.x) * 7) & 15) + 0.5) / 16.0;
        vec2 per_dm = frame.xy * 0.5;
        for (int i = 0; i < 8; i++) {
            float turn = (float(i) + jitter) * 2.4, radius = 0.04 + 0.028 * (float(i) + jitter);
            float over = shading(uv + vec2(cos(turn), sin(turn)) * radius * per_dm, here);
            occluded += smoothstep(0.02, 0.16, over) * smoothstep(0.9, 0.35, over);
        }
        for (int i = 0; i < 6; i++) {
            float t = 0.03 + 0.10 * (float(i) + jitter);
            float over = shading(uv + key_direction.xy * t * per_dm, here) - key_direction.z * t;
            shadow = max(shadow, smoothstep(0.01, 0.26, over) * smoothstep(1.1, 0.6, over) * (1.15 - t));
        }
    }
    out_color = vec4(occluded / 8.0, shadow / 1.15, 0.0, 1.0);
}
