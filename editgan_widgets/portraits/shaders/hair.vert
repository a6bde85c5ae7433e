#version 330
uniform vec4 frame;
in vec3 position;
in vec3 normal;
in vec3 tangent;
in vec3 strand;    // azimuth in radians, length along the strand in dm, where the strand ends in dm
out vec3 v_position;
out vec3 v_normal;
out vec3 v_tangent;
out vec3 v_strand;
void main() {
    v_position = position; v_normal = normal; v_tangent = tangent; v_strand = strand;
    gl_Position = vec4((position.xy - frame.zw) * frame.xy, -position.z * 0.1, 1.0);
}
