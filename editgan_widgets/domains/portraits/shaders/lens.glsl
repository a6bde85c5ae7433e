uniform vec4 frame;  // scale x, scale y, centre x, centre y
uniform vec2 lens;   // depth of the eyes, distance of the camera from them
vec4 through_lens(vec3 p) {
    float depth = p.z - lens.x, w = (lens.y - depth) / lens.y;
    return vec4((p.xy - frame.zw) * frame.xy, -depth * 0.1 * w, w);
}
