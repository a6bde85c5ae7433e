#version 330
#include common
uniform vec3 skin_color;
uniform vec3 lip_color;
uniform vec3 iris_color;
uniform vec3 shirt_color;
uniform vec2 gaze;           // radians to the person's left, up
uniform vec4 hairline;       // recession, baldness, brow thickness, neckline
uniform vec4 facial_hair;    // beard, moustache, grey 0..1, unused
uniform vec4 skin_factors;   // age 0..1, smile, freckles, blush
in vec3 v_position;
in vec3 v_normal;
in vec3 v_rest;
in vec4 v_masks;
in vec2 v_masks2;

const int SKIN = 1, NECK = 2, CLOTHES = 3, HAIR = 4, EAR = 5, BROW = 7, LID = 9, SCLERA = 11, IRIS = 13, NOSE = 15, NOSTRIL = 16,
          UPPER_LIP = 17, LOWER_LIP = 18, TEETH = 19, MOUTH = 20, BEARD = 21;

float hairline_angle(float azimuth) {  // polar angle (degrees from the crown) where scalp hair ends
    float a = abs(azimuth);
    float front = mix(57.0, 52.0, smoothstep(0.15, 0.65, a)) - hairline.x * 7.0 * (0.6 + 1.2 * smoothstep(0.1, 0.6, a) * (1.0 - smoothstep(0.9, 1.1, a)));
    float side = mix(front, 106.0, smoothstep(0.98, 1.22, a));
    return mix(side, 138.0, smoothstep(1.7, 2.3, a));
}

void main() {
    vec3 p = v_rest;
    vec3 n = normalize(v_normal);
    if (n.z < 0.0) n = -n * vec3(1, 1, -1);
    float ax = abs(p.x);
    int side = p.x > 0.0 ? 0 : 1;
    int kind = int(v_masks2.y * 255.0 + 0.5);
    int label = SKIN;
    vec3 albedo = skin_color;
    float gloss = 0.10, occlusion = 1.0, wrap = 0.35;

    if (kind == 0) {
        // skin variation: rosy cheeks, nose and chin; darker around the eyes; blotches
        float cheek = exp(-dot((vec2(ax, p.y) - vec2(0.42, 6.88)) / vec2(0.2, 0.2), (vec2(ax, p.y) - vec2(0.42, 6.88)) / vec2(0.2, 0.2))) * step(0.7, p.z);
        albedo *= mix(vec3(1), vec3(1.08, 0.86, 0.84), cheek * (0.25 + 0.5 * skin_factors.w));
        albedo *= 1.0 + 0.10 * (fbm(p.xy * 9.0 + p.z * 5.0) - 0.5);
        float socket = exp(-pow(length((vec2(ax, p.y) - vec2(0.30, 7.30)) / vec2(0.24, 0.13)), 4.0)) * step(0.9, p.z);
        albedo *= mix(vec3(1), vec3(0.86, 0.78, 0.78), socket * 0.75);
        occlusion *= 1.0 - 0.25 * socket;

        // neck and clothes
        float jaw = mix(6.78, 6.11, smoothstep(0.35, 1.30, p.z));
        float below = smoothstep(jaw + 0.03, jaw - 0.12, p.y);
        if (p.y < jaw) label = NECK;
        occlusion *= 1.0 - 0.45 * below * smoothstep(5.6, 6.2, p.y);
        float depth = 0.30 * max(hairline.w, 0.0);
        float collar = 5.84 + 0.10 * min(-hairline.w, 0.0) * -2.6 - 0.10 * smoothstep(0.0, 1.0, p.z) - depth * exp(-pow(ax / 0.30, 2.0)) * smoothstep(0.2, 0.6, p.z)
                     + 0.05 * smoothstep(0.4, 0.75, ax);
        if (p.y < collar) {
            label = CLOTHES;
            float rim = smoothstep(0.0, 0.05, collar - p.y) * (1.0 - 0.35 * (1.0 - smoothstep(0.06, 0.075, collar - p.y)));
            albedo = shirt_color * (0.85 + 0.3 * fbm(p.xy * vec2(4.0, 3.0) + p.z)) * mix(0.55, 1.0, rim);
            gloss = 0.02; occlusion = 1.0;
        } else if (p.y < collar + 0.06) occlusion *= 0.6 + 0.4 * (p.y - collar) / 0.06;

        // ears
        if (v_masks.z > 0.5 && label != CLOTHES) {
            label = EAR + side;
            albedo *= vec3(1.03, 0.88, 0.85);
            occlusion *= mix(0.62, 1.0, smoothstep(0.0, 0.10, length(vec3(ax - 0.80, p.y - 7.06, p.z - 0.56)) - 0.03));
        }

        // nose and nostrils
        if (label == SKIN && p.z > 1.28 && p.y > 6.755 && p.y < 7.26) {
            float t = (p.y - 6.755) / 0.505;
            float half_width = mix(0.215, 0.085, smoothstep(0.10, 0.55, t)) * smoothstep(-0.12, 0.10, t);
            if (ax < half_width) label = NOSE;
            occlusion *= 1.0 - 0.22 * smoothstep(0.05, 0.0, abs(ax - half_width)) * smoothstep(0.75, 0.2, t);
            albedo *= mix(vec3(1), vec3(1.05, 0.90, 0.88), smoothstep(0.5, 0.0, t) * smoothstep(0.2, 0.0, ax));
        }
        float nostril = length((p.xyz - vec3(sign(p.x) * 0.080, 6.822, 1.50)) / vec3(0.046, 0.034, 0.14));
        if (nostril < 1.0 && label != CLOTHES) { label = NOSTRIL; albedo *= mix(0.12, 0.45, nostril); gloss = 0.0; }

        // folds: nasolabial with smile and age, crow's feet, forehead and frown lines with age
        vec2 fold = vec2(ax - (0.215 + 0.16 * (6.86 - p.y) / 0.30), p.y);
        float nasolabial = exp(-pow(fold.x / 0.022, 2.0)) * smoothstep(6.46, 6.58, p.y) * smoothstep(6.90, 6.80, p.y) * step(1.0, p.z);
        float lines = exp(-pow((abs(fract((p.y - 7.62) / 0.105) - 0.5) - 0.0) / 0.13, 2.0)) * step(7.60, p.y) * step(p.y, 7.92) * smoothstep(0.48, 0.25, ax) * step(0.9, p.z);
        float crow = exp(-pow((abs(fract((p.y - 7.20) / 0.06) - 0.5)) / 0.15, 2.0)) * smoothstep(0.50, 0.54, ax) * smoothstep(0.66, 0.58, ax) * step(7.18, p.y) * step(p.y, 7.38) * step(0.7, p.z);
        float bags = exp(-pow((p.y - (7.155 - 0.05 * cos((ax - 0.30) * 9.0))) / 0.018, 2.0)) * smoothstep(0.20, 0.08, abs(ax - 0.30)) * step(1.0, p.z);
        float old = skin_factors.x;
        if (label == SKIN) occlusion *= 1.0 - (0.34 * nasolabial * clamp(old * 0.9 + skin_factors.y * 0.6, 0.0, 1.0) + old * (0.30 * lines + 0.28 * crow + 0.25 * bags));

        // lips and the inside of the mouth
        if (v_masks.w > 0.5) {
            label = MOUTH; albedo = vec3(0.16, 0.035, 0.035) * mix(1.0, 0.35, smoothstep(1.45, 1.15, p.z)); gloss = 0.05;
        } else if (v_masks.x > 0.45 && label != CLOTHES) {
            label = v_masks.y > 0.45 ? LOWER_LIP : UPPER_LIP;
            albedo = mix(albedo, lip_color, smoothstep(0.40, 0.62, v_masks.x)) * (0.92 + 0.16 * noise(vec2(p.x * 70.0, p.y * 8.0)));
            if (label == UPPER_LIP) albedo *= 0.86;
            gloss = 0.30;
        }
        // eyelids
        float lid = length((vec2(ax, p.y) - vec2(0.318, 7.275)) / vec2(0.205, 0.118));
        if (lid < 1.0 && p.y > 7.268 && p.z > 1.0) { label = LID + side; albedo *= mix(vec3(1), vec3(0.88, 0.77, 0.77), smoothstep(1.0, 0.75, lid)); }
        else if (v_masks2.x > 0.35 && p.z > 0.9) albedo *= vec3(0.97, 0.84, 0.82);
        if (p.z > 0.9) {
            float lash = smoothstep(0.60, 0.95, v_masks2.x);
            albedo *= 1.0 - 0.25 * lash;
        }

        // beard and moustache, then brows, then scalp hair: hairs lie above the skin
        float stubble = fbm(vec2(p.x * 45.0 + p.z * 20.0, p.y * 22.0));
        float around_mouth = length(vec2(p.x, p.y - 6.62) / vec2(0.34, 0.17));
        float jaw_band = smoothstep(0.00, 0.16, (6.98 - 0.34 * smoothstep(0.75, 0.30, ax)) - p.y + 0.12 * (stubble - 0.5)) * smoothstep(5.97, 6.12, p.y - 0.10 * smoothstep(0.9, 0.4, p.z)) * smoothstep(0.42, 0.60, p.z);
        float beard = facial_hair.x * jaw_band * smoothstep(0.85, 1.05, around_mouth + 0.05) * step(p.y, 6.86);
        float upper = length(vec2(max(ax - 0.12, 0.0), p.y - 6.735 + 0.22 * max(ax - 0.10, 0.0)) / vec2(0.20, 0.062));
        float moustache = facial_hair.y * smoothstep(1.15, 0.75, upper + 0.3 * (stubble - 0.5)) * step(1.1, p.z);
        float whiskers = max(beard, moustache);
        if (whiskers > 0.02 && (label == SKIN || label == NECK || (label == NOSE && p.y < 6.79))) {
            float cover = clamp(whiskers * 1.9 - 0.55 * (1.0 - whiskers) * stubble, 0.0, 1.0);
            albedo = mix(albedo, hair_color * (0.55 + 0.7 * stubble), cover * 0.92);
            gloss *= 1.0 - cover;
            if (whiskers > 0.42) label = BEARD;
        }
        float t = (ax - 0.115) / 0.45;
        if (t > 0.0 && t < 1.0 && p.z > 0.8 && p.y > 7.3) {
            float centre = 7.468 + 0.055 * sin(t * 2.5) - 0.050 * t;
            float half_width = (0.045 + 0.020 * hairline.z) * (1.0 - 0.75 * t * t * t) * smoothstep(0.0, 0.10, t);
            float strand = noise(vec2(t * 60.0 - (p.y - centre) * 160.0, p.y * 14.0));
            float cover = smoothstep(1.15, 0.65, abs(p.y - centre) / half_width + 0.35 * (strand - 0.5));
            albedo = mix(albedo, hair_color * (0.45 + 0.4 * strand), cover * 0.95);
            if (cover > 0.5) { label = BROW + side; gloss = 0.03; }
        }
        vec3 q = p - vec3(0.0, 7.45, 0.45);
        float polar = degrees(atan(length(q.xz), q.y)), azimuth = atan(q.x, q.z);
        float edge = hairline_angle(azimuth) - polar + 5.0 * (noise(vec2(azimuth * 40.0, polar * 0.1)) - 0.5);
        if (label != CLOTHES && label != EAR + side && v_masks.z < 0.3 && p.y > 6.35) {
            float hair = smoothstep(-1.5, 3.0, edge) * (1.0 - smoothstep(0.5, 0.8, hairline.y + 0.35 * smoothstep(75.0, 20.0, polar) * step(0.01, hairline.y)));
            float strand = noise(vec2(azimuth * 55.0, polar * 0.25));
            albedo = mix(albedo, hair_color * (0.5 + 0.6 * strand), hair);
            if (hair > 0.5) { label = HAIR; gloss = 0.05; }
            else occlusion *= 1.0 - 0.3 * smoothstep(-14.0, 0.0, edge) * (1.0 - hairline.y) * step(polar, 100.0);
        }
    } else if (kind == 1) {
        // the eye: sclera, iris and pupil by the angle to the gaze; corners shaded; a catch light
        vec3 d = normalize(p - vec3(sign(p.x) * 0.308, 7.284, 1.245));
        vec3 look = normalize(vec3(sin(gaze.x), sin(gaze.y), cos(gaze.x)));
        float angle = acos(clamp(dot(d, look), -1.0, 1.0));
        label = angle < 0.45 ? IRIS + side : SCLERA + side;
        vec3 white = vec3(0.83, 0.80, 0.78) * mix(0.55, 1.0, smoothstep(1.25, 0.45, acos(clamp(d.z, -1.0, 1.0))));
        float spokes = 0.75 + 0.5 * noise(vec2(atan(d.y - look.y, d.x - look.x) * 9.0, angle * 8.0));
        vec3 iris = iris_color * spokes * mix(1.35, 0.55, smoothstep(0.19, 0.45, angle));
        albedo = mix(mix(vec3(0.012), iris, smoothstep(0.16, 0.20, angle)), white, smoothstep(0.42, 0.49, angle));
        gloss = 0.05;
        occlusion = mix(0.55, 1.0, smoothstep(0.17, -0.05, d.y - 0.1));
        float spark = smoothstep(0.16, 0.09, acos(clamp(dot(d, normalize(look + vec3(sign(key_direction.x) * 0.18, 0.24, 0.0))), -1.0, 1.0)));
        vec3 lit = albedo * occlusion * (ambient(n) * 1.1 + key_color * max(dot(n, key_direction) * 0.6 + 0.35, 0.0));
        emit(mix(lit, vec3(1.0), spark * 0.9), label);
        return;
    } else if (kind == 2) {
        label = TEETH;
        float gap = smoothstep(0.0, 0.25, abs(fract(p.x / 0.085 + 0.5) - 0.5) * 2.0 - 0.02);
        albedo = vec3(0.86, 0.83, 0.76) * mix(0.80, 1.0, gap) * mix(0.35, 1.0, smoothstep(1.15, 1.42, p.z));
        gloss = 0.15; wrap = 0.6;
    } else if (kind == 3) {
        label = MOUTH;
        albedo = vec3(0.42, 0.12, 0.12) * mix(0.4, 1.0, smoothstep(0.9, 1.35, p.z));
        gloss = 0.15;
    } else {
        label = LID + side;
        if (p.y < 7.28) discard;
        if (noise(vec2(p.x * 160.0, p.z * 20.0)) < 0.35) discard;
        emit(vec3(0.02, 0.015, 0.012), label);
        return;
    }

    float ndl = dot(n, key_direction);
    float diffuse = max((ndl + wrap) / (1.0 + wrap), 0.0);
    vec3 scatter = vec3(1.0) + (kind == 0 ? vec3(0.10, -0.02, -0.04) * smoothstep(0.35, 0.0, abs(ndl)) : vec3(0.0));
    vec3 h = normalize(key_direction + vec3(0, 0, 1));
    float specular = gloss * pow(max(dot(n, h), 0.0), 24.0);
    float rim = pow(1.0 - max(n.z, 0.0), 3.0);
    vec3 color = albedo * occlusion * (ambient(n) + key_color * diffuse * scatter) + key_color * specular * occlusion + ambient_sky * rim * 0.12 * albedo;
    emit(color, label);
}
