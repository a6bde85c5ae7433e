#version 330
#include lens
in vec3 position;
in vec3 normal;
in float place;   // 0..1 across the collar
in float metal;   // 1 for glasses
out vec3 v_normal;
out vec3 v_position;
out vec2 v_place;
void main() { v_normal = normal; v_position = position; v_place = vec2(place, metal); gl_Position = through_lens(position); }
