#version 330
// Eyes, teeth, tongue and lashes.
#include common
uniform vec3 skin_color;
uniform vec3 iris_color;
uniform vec2 gaze;           // radians to the person's left, up
uniform vec4 facial_hair;    // beard, moustache, sideburns, male 0..1
uniform vec4 eye_factors;    // make-up, lashes, pupil size, collar
uniform vec4 lids;           // edges of the left upper, right upper, left lower, right lower lid, heights on a ball of radius 1
in vec3 v_normal;
in vec3 v_rest;
in vec4 v_masks;
in vec2 v_masks2;

const int SCLERA = 11, IRIS = 13, TEETH = 19, MOUTH = 20, LASHES = 42, PUPIL = 44, TEAR_DUCT = 46;

float ellipse(vec2 p, vec2 centre, vec2 radius) { return length((p - centre) / radius); }

void eye(vec3 p, vec3 n, int side) {
    vec3 d = normalize(p - vec3(sign(p.x) * 0.308, 7.284, 1.245));
    vec3 look = normalize(vec3(sin(gaze.x), sin(gaze.y), cos(gaze.x)));
    float angle = acos(clamp(dot(d, look), -1.0, 1.0));
    float pupil = 0.15 + 0.09 * eye_factors.z;
    int label = angle < pupil ? PUPIL + side : angle < 0.46 ? IRIS + side : SCLERA + side;
    float corner = acos(clamp(dot(d, vec3(0, 0, 1)), -1.0, 1.0));
    vec3 white = mix(vec3(0.93, 0.92, 0.91), vec3(0.86, 0.74, 0.71), smoothstep(0.55, 1.2, corner));
    float spokes = 0.72 + 0.55 * noise(vec2(atan(d.y - look.y, d.x - look.x) * 8.0, angle * 7.0));
    float lower = smoothstep(0.1, -0.35, d.y - look.y);
    vec3 iris = iris_color * spokes * mix(1.0, 1.8, lower) * mix(1.15, 0.9, smoothstep(0.2, 0.42, angle));
    iris = mix(iris, iris_color * 0.25, smoothstep(0.37, 0.46, angle));
    vec3 albedo = mix(mix(vec3(0.010), iris, smoothstep(pupil - 0.02, pupil + 0.02, angle)), white, smoothstep(0.44, 0.50, angle));
    bool duct = abs(p.x) < 0.196 && d.z > 0.0;
    if (duct) { label = TEAR_DUCT + side; albedo = mix(vec3(0.85, 0.52, 0.47), albedo, 0.25); }
    // the upper lid's soft shadow, deeper under light from above; a little from the lower lid and at the corners
    float sag = 0.75 * (d.x - 0.06 * sign(p.x)) * (d.x - 0.06 * sign(p.x));
    float upper = (side == 0 ? lids.x : lids.y) - sag, lower_lid = (side == 0 ? lids.z : lids.w) + 0.5 * sag;
    float reach = 0.13 + 0.16 * max(key_direction.y, 0.0);
    vec3 shade = mix(vec3(0.40, 0.33, 0.32), vec3(1.0), smoothstep(-0.02, reach, upper - d.y));
    shade *= mix(vec3(0.80, 0.70, 0.68), vec3(1.0), smoothstep(-0.02, 0.08, d.y - lower_lid));
    vec3 occlusion = shade * mix(1.0, 0.70, smoothstep(0.70, 1.2, corner));
    vec3 lit = albedo * occlusion * (diffuse_light(normalize(mix(n, vec3(0, 0, 1), 0.5)), 0.5) * 0.9 + 0.10);
    vec3 glint = normalize(look + vec3(0.20 * sign(key_direction.x + 0.01), 0.20, 0.0));
    float spark = smoothstep(0.150, 0.095, acos(clamp(dot(d, glint), -1.0, 1.0)));
    vec3 soft = normalize(look + vec3(-0.2 * sign(key_direction.x + 0.01), -0.20, 0.0));
    float second = smoothstep(0.14, 0.05, acos(clamp(dot(d, soft), -1.0, 1.0))) * 0.22;
    emit(mix(lit, vec3(1.25), max(spark, second) * smoothstep(-0.04, 0.06, upper - d.y)), label);
}

void main() {
    vec3 p = v_rest;
    vec3 n = normalize(v_normal);
    if (n.z < 0.0) n.z = -n.z;
    float ax = abs(p.x);
    vec2 s = vec2(ax, p.y);
    int side = p.x > 0.0 ? 0 : 1;
    int kind = int(v_masks2.y * 255.0 + 0.5);
    if (kind == 1) { eye(p, n, side); return; }
    int label = MOUTH;
    vec3 albedo = skin_color;
    float gloss = 0.2, shine = 22.0, wrap = 0.6;
    if (kind == 2) {
        label = TEETH;
        bool above = p.y > 6.597;
        float row = above ? ax : ax * 1.35;  // the lower front teeth are narrower
        float at = row < 0.084 ? row / 0.084 : row < 0.152 ? 1.0 + (row - 0.084) / 0.068 : 2.0 + (row - 0.152) / 0.074;
        float within = (fract(at) - 0.5) * 2.0;  // -1 to 1 across a tooth
        float edge = 1.0 - within * within;
        float gum_line = above ? 6.712 + 0.016 * within * within - 0.012 * step(1.0, at) * step(at, 2.0) : 6.502 - 0.012 * within * within;
        float gum = above ? smoothstep(-0.006, 0.006, p.y - gum_line) : smoothstep(-0.006, 0.006, gum_line - p.y);
        float bite = above ? smoothstep(0.0, 0.020, p.y - 6.600 - 0.010 * within * within) : smoothstep(0.0, 0.016, 6.594 - p.y - 0.008 * within * within);
        albedo = mix(vec3(0.93, 0.89, 0.81), vec3(0.90, 0.88, 0.85), bite) * mix(0.50, 1.0, smoothstep(0.0, 0.34, edge)) * (1.0 - 0.05 * step(2.0, at));
        albedo = mix(albedo, vec3(0.72, 0.30, 0.29) * (0.86 + 0.14 * edge), gum);
        vec3 inward = mix(vec3(0.10, 0.05, 0.045), vec3(1.0), smoothstep(1.12, 1.44, p.z));
        albedo *= inward * (above ? 0.97 : 0.80);
        gloss = 0.24; wrap = 0.8; shine = 40.0;
        n = normalize(mix(n, vec3(0.25 * within * sign(p.x), 0.2 * (1.0 - bite), 1), 0.6));
    } else if (kind == 3) {
        label = MOUTH;
        albedo = vec3(0.72, 0.27, 0.27) * mix(0.12, 1.0, smoothstep(0.85, 1.34, p.z)) * (0.86 + 0.28 * noise(p.xz * 44.0)) * mix(0.70, 1.0, smoothstep(0.0, 0.045, ax));
        gloss = 0.26; wrap = 0.5; shine = 14.0;
    } else {
        label = LASHES + side;
        float reach = 0.35 + 0.65 * eye_factors.y;
        if (p.y < 7.285) discard;
        float away = ellipse(s, vec2(0.315, 7.29), vec2(0.135, 0.050));
        float hairs = noise(vec2(ax * 120.0 - p.z * 30.0, 3.0));
        if (away > 1.0 + reach * (0.35 + 0.9 * hairs)) discard;
        emit(mix(vec3(0.02, 0.015, 0.012), skin_color * 0.3, 0.35 * facial_hair.w), label);
        return;
    }

    vec3 h = normalize(key_direction + vec3(0, 0, 1));
    float specular = gloss * pow(max(dot(n, h), 0.0), shine);
    emit(albedo * diffuse_light(n, wrap) + key_color * specular, label);
}
