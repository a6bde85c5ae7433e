#version 330
// Everything arrives posed in camera space; parts are painted later in rest coordinates.
#include lens
in vec3 position;
in vec3 normal;
in vec3 rest;
in vec4 masks;       // lips, lower lip, ears, inside of the mouth
in vec2 masks2;      // eyelids, kind / 255
out vec3 v_normal;
out vec3 v_rest;
out vec4 v_masks;
out vec2 v_masks2;
void main() {
    v_normal = normal; v_rest = rest; v_masks = masks; v_masks2 = masks2;
    gl_Position = through_lens(position);
}
