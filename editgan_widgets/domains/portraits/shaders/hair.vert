#version 330
// One lock is a ribbon of points with half widths; it turns its flat side outwards from the skull.
#include lens
uniform sampler2D locks;       // [lock, point]: position, half width
uniform sampler2D lock_facts;  // [lock]: length in dm, tint, tied, bun
uniform vec3 skull_centre;
in vec3 corner;                // lock, point, side of the ribbon (-1 or 1)
out vec3 v_out;
out vec3 v_across;
out vec3 v_tangent;
out vec3 v_place;              // across -1..1, along 0..1, lock
out vec4 v_facts;
void main() {
    int lock = int(corner.x), k = int(corner.y), last = textureSize(locks, 0).x - 1;
    vec4 here = texelFetch(locks, ivec2(k, lock), 0);
    vec3 tangent = texelFetch(locks, ivec2(min(k + 1, last), lock), 0).xyz - texelFetch(locks, ivec2(max(k - 1, 0), lock), 0).xyz;
    tangent = normalize(tangent + vec3(0, -1e-5, 0));
    v_facts = texelFetch(lock_facts, ivec2(0, lock), 0);
    vec3 from = here.xyz - skull_centre;
    if (v_facts.w > 0.5) from = here.xyz - texelFetch(locks, ivec2((k + 7) % (last + 1), lock), 0).xyz;
    from.y *= smoothstep(-0.9, 0.2, from.y);
    vec3 across = cross(tangent, normalize(from));
    across = across / max(length(across), 1e-4);
    v_tangent = tangent; v_across = across; v_out = cross(across, tangent);
    v_place = vec3(corner.z, float(k) / float(last), corner.x);
    gl_Position = through_lens(here.xyz + across * here.w * corner.z);
}
