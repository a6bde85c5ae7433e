#version 330
#include common
uniform vec3 skin_color;
uniform vec3 lip_color;
uniform vec3 iris_color;
uniform vec3 shirt_color;
uniform vec3 shadow_color;   // make-up on the lids, its strength in eye_factors.x
uniform vec2 gaze;           // radians to the person's left, up
uniform vec4 hairline;       // recession, baldness, brow thickness, neckline
uniform vec4 facial_hair;    // beard, moustache, sideburns, male 0..1
uniform vec4 skin_factors;   // wrinkles 0..1, smile, freckles, blush
uniform vec4 line_factors;   // frown lines, brow raise, squint, gloss
uniform vec4 eye_factors;    // make-up, lashes, pupil size, collar
uniform vec2 shirt_pattern;  // pattern, its darkness
uniform vec2 hair_shape;     // curl, how much hair covers the scalp
in vec3 v_normal;
in vec3 v_rest;
in vec4 v_masks;
in vec2 v_masks2;

const int SKIN = 1, NECK = 2, CLOTHES = 3, HAIR = 4, EAR = 5, BROW = 7, LID = 9, SCLERA = 11, IRIS = 13, NOSE = 15, NOSTRIL = 16,
          UPPER_LIP = 17, LOWER_LIP = 18, TEETH = 19, MOUTH = 20, BEARD = 21, CHEEK = 22, CHIN = 23, JAW = 24, FOREHEAD = 25,
          TEMPLE = 26, FROWN = 27, WRINKLES = 28, PHILTRUM = 29, MOUSTACHE = 30, SIDEBURNS = 31, COMMISSURE = 32, BRIDGE = 33,
          NOSE_TIP = 34, ALA = 35, HELIX = 36, LOBULE = 38, LOWER_LID = 40, LASHES = 42, PUPIL = 44, TEAR_DUCT = 46;

float hairline_angle(float azimuth) {  // polar angle (degrees from the crown) where scalp hair ends; as in hair.py
    float a = abs(azimuth);
    float temple = smoothstep(0.1, 0.6, a) * (1.0 - smoothstep(0.9, 1.1, a));
    float front = mix(60.0, 55.0, smoothstep(0.15, 0.65, a)) - hairline.x * 7.0 * (0.6 + 1.2 * temple);
    float side = mix(front, 100.0, smoothstep(0.92, 1.22, a));
    return mix(side, 132.0, smoothstep(1.7, 2.3, a));
}
float blob(vec2 p, vec2 centre, vec2 radius) { vec2 d = (p - centre) / radius; float t = max(1.0 - 0.28 * dot(d, d), 0.0); return t * t * t; }
float ellipse(vec2 p, vec2 centre, vec2 radius) { return length((p - centre) / radius); }

void main() {
    vec3 p = v_rest;
    vec3 n = normalize(v_normal);
    if (n.z < 0.0) n.z = -n.z;
    float ax = abs(p.x);
    vec2 s = vec2(ax, p.y);
    int side = p.x > 0.0 ? 0 : 1;
    int label = SKIN;
    vec3 albedo = skin_color;
    float gloss = 0.06 + 0.10 * line_factors.w, shine = 22.0, occlusion = 1.0, wrap = 0.42;
    float front = smoothstep(0.75, 0.95, p.z);

    // regions of the face
    float jaw_edge = mix(6.80, 6.13, smoothstep(0.35, 1.30, p.z));
    vec3 q = p - vec3(0.0, 7.45, 0.45);
    float polar = degrees(atan(length(q.xz), q.y)), azimuth = atan(q.x, q.z);
    if (p.z > 0.45 && p.y > jaw_edge) {
        if (p.y > 7.52 - 0.10 * smoothstep(0.12, 0.0, ax) && ax < 0.56 && p.z > 0.8) label = FOREHEAD;
        else if (ax > 0.52 && p.y > 7.14 && p.y < 7.9 && p.z < 1.25) label = TEMPLE;
        else if (ellipse(s, vec2(0.0, 6.29), vec2(0.27, 0.17)) < 1.0 && p.z > 1.0) label = CHIN;
        else if (ellipse(s, vec2(0.47, 6.88), vec2(0.255, 0.25)) < 1.0 && p.z > 0.70) label = CHEEK;
        else if (p.y < 6.86 - 0.5 * smoothstep(0.55, 0.15, ax) && ax > 0.22) label = JAW;
    } else if (p.y < jaw_edge) label = NECK;

    // skin variation: rosy cheeks, nose, chin and ears; paler round the mouth and on the brow; freckles
    float cheek = blob(s, vec2(0.43, 6.93), vec2(0.22, 0.19)) * front;
    float rosy = cheek * (0.22 + 0.55 * skin_factors.w) + blob(s, vec2(0.0, 6.90), vec2(0.16, 0.12)) * front * 0.35 + blob(s, vec2(0.0, 6.27), vec2(0.2, 0.10)) * front * 0.2;
    albedo *= mix(vec3(1), vec3(1.10, 0.80, 0.78), min(rosy, 1.0));
    albedo *= mix(vec3(1), vec3(1.04, 1.03, 1.0), blob(s, vec2(0.0, 7.75), vec2(0.4, 0.25)) * front);
    float pores = noise(vec2(ax - 0.4 * p.z, p.y) * 61.0 + 31.0 * float(side)) - 0.5;
    float grain = noise(vec2(p.x - 0.5 * p.z, p.y) * 27.0) - 0.5;
    albedo *= 1.0 + 0.07 * (noise(p.xy * 9.0 + p.z * 5.0) - 0.5);
    float spots = (smoothstep(0.70, 0.84, noise(p.xy * 52.0 + p.z * 9.0 + 3.0)) + 0.7 * smoothstep(0.24, 0.38, pores)) * smoothstep(0.30, 0.65, noise(p.xy * 11.0));
    albedo *= 1.0 - vec3(0.05, 0.075, 0.08) * (pores + 0.7 * grain) * front;
    albedo *= mix(vec3(1), vec3(0.80, 0.66, 0.56), spots * skin_factors.z * front * smoothstep(6.5, 6.8, p.y) * smoothstep(7.7, 7.2, p.y));
    float socket = blob(s, vec2(0.26, 7.27), vec2(0.19, 0.13)) * front;
    albedo *= mix(vec3(1), vec3(0.93, 0.84, 0.84), socket * 0.6);
    if (p.y < jaw_edge) occlusion *= mix(0.72, 1.0, smoothstep(0.20, 0.0, jaw_edge - p.y) * 0.4 + smoothstep(6.1, 5.7, p.y) * 0.6);

    // clothes
    float depth = 0.34 * max(hairline.w, 0.0) * (1.0 - 0.5 * eye_factors.w);
    float collar = 5.83 + 0.22 * max(-hairline.w, 0.0) * (1.0 - eye_factors.w) - 0.10 * smoothstep(0.0, 1.0, p.z)
                 - depth * bump(ax / mix(0.30, 0.16, eye_factors.w)) * smoothstep(0.2, 0.6, p.z) + 0.05 * smoothstep(0.4, 0.75, ax);
    bool dressed = p.y < collar;
    if (dressed) {
        label = CLOTHES;
        float under = collar - p.y;
        float rib = smoothstep(0.0, 0.012, under) * (1.0 - 0.28 * bump((under - 0.075) / 0.012) * (1.0 - eye_factors.w));
        float folds = 0.86 + 0.28 * noise(vec2(p.x * 3.0 + p.y * 2.0, p.y * 1.5 + p.z));
        albedo = shirt_color * folds * rib;
        float stripes = smoothstep(0.35, 0.45, abs(fract(p.x * 3.2 + 0.25) - 0.5) * 2.0 * 0.75);
        vec2 cell = fract(vec2(p.x, p.y + 0.5 * p.z) * 7.0) - 0.5;
        float dots = smoothstep(0.26, 0.20, length(cell));
        float drawn = shirt_pattern.x > 0.0 ? stripes : dots;
        albedo = mix(albedo, albedo * shirt_pattern.y + vec3(0.25) * step(1.0, shirt_pattern.y), drawn * smoothstep(0.0, 0.25, abs(shirt_pattern.x)) * smoothstep(0.09, 0.10, under));
        gloss = 0.015; occlusion = mix(0.7, 1.0, smoothstep(0.0, 0.04, under));
    } else if (p.y < collar + 0.06) occlusion *= 0.70 + 0.30 * (p.y - collar) / 0.06;

    // ears: rim, lobe and the hollow
    if (v_masks.z > 0.45 && !dressed) {
        label = EAR + side;
        float around = ellipse(vec2(p.z, p.y), vec2(0.545, 7.11), vec2(0.19, 0.27));
        if (p.y < 6.94) label = LOBULE + side;
        else if (around > 0.70 && p.z < 0.62) label = HELIX + side;
        albedo *= vec3(1.04, 0.86, 0.83);
        occlusion *= mix(0.60, 1.0, smoothstep(0.02, 0.13, length(vec3(ax - 0.78, (p.y - 7.08) * 0.6, p.z - 0.57))));
    }

    // nose: bridge, tip, wings, nostrils; below it the philtrum
    if (p.z > 1.26 && p.y > 6.76 && p.y < 7.42 && !dressed) {
        float t = (p.y - 6.76) / 0.50;
        float half_width = mix(0.195, 0.082, smoothstep(0.20, 0.62, t)) * smoothstep(-0.10, 0.12, t);
        if (ax < half_width && p.y < 7.30) label = NOSE;
        if (ax < 0.062 && p.y > 6.99) label = BRIDGE;
        if (ellipse(s, vec2(0.0, 6.90), vec2(0.090, 0.085)) < 1.0) label = NOSE_TIP;
        if (ellipse(s, vec2(0.145, 6.845), vec2(0.062, 0.070)) < 1.0) label = ALA;
        occlusion *= 1.0 - 0.20 * bump((ax - half_width) / 0.028) * smoothstep(0.42, 0.15, t) * smoothstep(-0.02, 0.06, t);
        occlusion *= 1.0 - 0.20 * blob(s, vec2(0.085, 6.79), vec2(0.08, 0.035));
    }
    if (ax < 0.062 && p.y > 6.700 && p.y < 6.785 && p.z > 1.4) label = PHILTRUM;
    float nostril = length((p - vec3(sign(p.x) * 0.080, 6.822, 1.50)) / vec3(0.050, 0.034, 0.14));
    if (nostril < 1.0 && !dressed) { label = NOSTRIL; albedo *= mix(vec3(0.16, 0.08, 0.07), vec3(0.6, 0.45, 0.42), smoothstep(0.3, 1.0, nostril)); gloss = 0.0; }

    // lines: nasolabial folds, crow's feet, the forehead's and the frown's; deeper with age
    float old = skin_factors.x, smile = skin_factors.y;
    float nasolabial = bump((ax - (0.205 + 0.50 * (6.86 - p.y))) / 0.020) * smoothstep(6.50, 6.60, p.y) * smoothstep(6.91, 6.83, p.y) * step(1.0, p.z);
    float fold = nasolabial * clamp(old * 0.95 + smile * (0.25 + 0.35 * old), 0.0, 1.0);
    float rows = bump((abs(fract((p.y - 7.60 + 0.03 * cos(ax * 5.0)) / 0.105) - 0.5)) / 0.12) * step(7.62, p.y) * step(p.y, 7.93) * smoothstep(0.46, 0.28, ax) * step(0.9, p.z);
    float brow_lines = rows * clamp(old * 0.8 + old * 1.2 * max(line_factors.y, 0.0), 0.0, 1.0);
    vec2 c = s - vec2(0.475, 7.285);
    float spread = atan(c.y, c.x);
    float feet = bump((abs(fract(spread * 1.9 + 0.5) - 0.5)) / 0.16) * smoothstep(0.015, 0.05, c.x) * smoothstep(0.17, 0.10, length(c)) * smoothstep(0.95, 0.7, abs(spread)) * step(0.7, p.z);
    float crow = feet * clamp(old * (0.8 + 0.5 * smile + 0.5 * line_factors.z), 0.0, 1.0);
    float bag = bump((p.y - (7.150 + 0.55 * (ax - 0.31) * (ax - 0.31))) / 0.016) * smoothstep(0.19, 0.08, abs(ax - 0.31)) * step(1.0, p.z) * old * 0.75;
    float marionette = bump((ax - (0.262 + 0.12 * (6.58 - p.y))) / 0.018) * smoothstep(6.36, 6.42, p.y) * smoothstep(6.57, 6.52, p.y) * step(1.0, p.z) * old * 0.8;
    float lines = max(max(max(fold, brow_lines), max(crow, bag)), marionette);
    float frown = bump((ax - 0.052 - 0.15 * (p.y - 7.42)) / 0.016) * smoothstep(7.36, 7.42, p.y) * smoothstep(7.60, 7.53, p.y) * step(1.3, p.z) * line_factors.x;
    bool plain = label == SKIN || label == CHEEK || label == FOREHEAD || label == TEMPLE || label == JAW || label == CHIN || label == BRIDGE || label == PHILTRUM;
    if (plain) {
        occlusion *= 1.0 - 0.34 * lines - 0.44 * frown;
        albedo *= mix(vec3(1), vec3(1.0, 0.90, 0.88), max(lines, frown));
        if (lines > 0.34) label = WRINKLES;
        if (frown > 0.34) label = FROWN;
    }

    // lips, their corners and the inside of the mouth
    if (v_masks.w > 0.5) {
        label = MOUTH; albedo = vec3(0.30, 0.065, 0.065) * mix(1.0, 0.04, smoothstep(1.50, 1.26, p.z)); gloss = 0.03;
    } else if (v_masks.x > 0.42 && !dressed) {
        label = v_masks.y > 0.45 ? LOWER_LIP : UPPER_LIP;
        float creases = 0.94 + 0.12 * noise(vec2(p.x * 60.0, p.y * 8.0));
        albedo = mix(albedo, lip_color, smoothstep(0.36, 0.62, v_masks.x)) * creases;
        albedo *= label == UPPER_LIP ? 0.88 : mix(0.95, 1.06, smoothstep(6.58, 6.53, p.y));
        float inner = bump((p.y - 6.604) / 0.014);
        albedo *= 1.0 - 0.45 * inner;
        gloss = 0.22 + 0.15 * line_factors.w; shine = 34.0;
    }
    float corner = ellipse(s, vec2(0.250, 6.610), vec2(0.030, 0.026));
    if (corner < 1.0 && p.z > 1.2 && label != MOUTH) { label = COMMISSURE; albedo *= mix(0.62, 1.0, corner); }
    else if (corner < 1.8 && p.z > 1.2) occlusion *= mix(0.82, 1.0, corner / 1.8);

    // eyelids: crease above, make-up, the dark line of the lashes' roots
    if (p.z > 1.0) {
        float opening = 7.262 + 0.5 * 0.04;
        float upper = ellipse(s, vec2(0.315, 7.268), vec2(0.182, 0.118));
        float lower = ellipse(s, vec2(0.315, 7.290), vec2(0.172, 0.098));
        bool rim = v_masks2.x > 0.80;
        if (upper < 1.0 && p.y > 7.275) label = LID + side;
        else if (lower < 1.0 && p.y < 7.290) label = LOWER_LID + side;
        float made_up = eye_factors.x * smoothstep(1.25, 0.6, upper) * step(7.27, p.y);
        albedo = mix(albedo, albedo * shadow_color, made_up);
        if (upper < 1.4) occlusion *= 1.0 - 0.34 * bump((upper - 1.0) / 0.12) * smoothstep(7.27, 7.31, p.y);
        if (lower < 1.3) occlusion *= 1.0 - 0.10 * bump((lower - 1.02) / 0.10) * step(p.y, 7.27);
        if (rim) { albedo *= p.y > 7.29 ? mix(0.30, 0.55, facial_hair.w) : 0.72; }
    }

    // beard and moustache: hairs lie above the skin
    // beard: strands grow down and forwards, each where the density there lets it; moustache: outwards from the middle
    float about = atan(p.x, p.z - 0.30), sway = 0.10 * noise(p.xy * 6.0);
    float strands = 0.50 * noise(vec2((about + sway) * 83.0, p.y * 12.0 + p.z * 5.0)) + 0.50 * noise(vec2((about - sway) * 121.0 + 3.0, p.y * 19.0));
    float slant = p.y + 0.55 * ax + 0.12 * sway;
    float whisker = noise(vec2(slant * 77.0 + 31.0 * step(0.0, p.x), ax * 8.0));
    float dots = 0.5 * noise(vec2(ax - 0.6 * p.z, 0.6 * p.y) * 71.0 + 31.0 * float(side)) + 0.5 * (pores + 0.5);
    float stubble = mix(dots, strands, smoothstep(0.45, 0.9, facial_hair.x));
    float jaw_top = 6.92 - 0.30 * smoothstep(0.62, 0.26, ax) + 0.35 * smoothstep(0.95, 0.70, p.z);
    float jaw_band = smoothstep(-0.02, 0.12, jaw_top - p.y + 0.10 * (stubble - 0.5)) * smoothstep(5.99, 6.12, p.y - 0.12 * smoothstep(1.0, 0.4, p.z)) * smoothstep(0.46, 0.60, p.z);
    float around_mouth = ellipse(vec2(p.x, p.y), vec2(0.0, 6.60), vec2(0.32, 0.165));
    float beard = facial_hair.x * jaw_band * smoothstep(0.90, 1.08, around_mouth + 0.16 * step(p.y, 6.60) * bump(p.x / 0.12)) * step(p.y, 7.0);
    float above = ellipse(vec2(max(ax - 0.10, 0.0), p.y), vec2(0.0, 6.742 - 0.30 * max(ax - 0.08, 0.0)), vec2(0.195, 0.072));
    float moustache = facial_hair.y * smoothstep(1.20, 0.72, above + 0.35 * (whisker - 0.5)) * step(1.1, p.z) * step(p.y, 6.80);
    float burn = facial_hair.z * smoothstep(1.12, 0.85, ellipse(vec2(p.z, p.y), vec2(0.73, 7.17), vec2(0.085, 0.26 + 0.1 * facial_hair.z)) + 0.4 * (strands - 0.5)) * step(0.55, ax) * (1.0 - v_masks.z);
    float whiskers = max(max(beard, moustache), burn);
    bool bare = label != CLOTHES && label != UPPER_LIP && label != LOWER_LIP && label != MOUTH && label != NOSTRIL && label != ALA && label != EAR + side && label != COMMISSURE;
    if (whiskers > 0.02 && bare && !(label == NOSE && p.y > 6.79)) {
        float hairs = moustache > max(beard, burn) ? whisker : burn > beard ? strands : stubble;
        float cover = smoothstep(0.72 - 0.85 * whiskers, 1.20 - 0.85 * whiskers, hairs);
        cover = max(cover, 0.75 * smoothstep(0.0, 0.9, whiskers));  // the shade of hair beneath
        cover *= mix(0.62, 0.93, smoothstep(0.25, 0.75, whiskers));
        albedo = mix(albedo, hair_color * (0.40 + 1.0 * hairs * hairs), cover);
        n = normalize(n + vec3(0.7 * (hairs - 0.5), 0.0, 0.0) * cover);
        gloss *= 1.0 - cover;
        occlusion *= 1.0 - 0.12 * cover;
        if (whiskers > 0.40) label = burn >= max(beard, moustache) ? SIDEBURNS : moustache >= beard ? MOUSTACHE : BEARD;
    }

    // brows: hairs fan out from the inner end
    float t = (ax - 0.110) / 0.430;
    if (t > -0.05 && t < 1.05 && p.z > 0.8 && p.y > 7.3) {
        float centre = 7.490 + 0.054 * sin(clamp(t, 0.0, 1.0) * 2.6) - 0.066 * t;
        float half_width = (0.034 + 0.014 * hairline.z) * (1.0 - 0.72 * t * t) * smoothstep(-0.04, 0.12, t);
        float offset = (p.y - centre) / max(half_width, 0.004);
        float hairs = noise(vec2(t * 34.0 - offset * mix(0.8, 3.2, t), offset * 0.9 + t * 3.0));
        float cover = smoothstep(1.25, 0.55, abs(offset) + 0.55 * (hairs - 0.45));
        albedo = mix(albedo, hair_color * (0.42 + 0.45 * hairs) * mix(1.0, 0.8, facial_hair.w), cover * mix(0.72, 0.92, facial_hair.w));
        if (cover > 0.5) { label = BROW + side; gloss = 0.03; }
    }

    // the scalp under the hair
    if (!dressed && v_masks.z < 0.3 && p.y > 6.35) {
        float strand = noise(vec2(azimuth * 46.0 + 6.0 * hair_shape.x * noise(vec2(azimuth * 9.0, polar * 0.1)), polar * 0.22));
        float edge = hairline_angle(azimuth) - polar + 3.5 * (noise(vec2(azimuth * 40.0, polar * 0.1)) - 0.5);
        float gone = polar < 72.0 && abs(azimuth) < 2.6 ? smoothstep(0.10, 0.42, hairline.y + 0.12 * (strand - 0.5)) : smoothstep(0.60, 0.90, hairline.y + 0.12 * (strand - 0.5));
        float hair = smoothstep(-6.0, 1.5, edge) * (1.0 - gone);
        albedo = mix(albedo, hair_color * (0.50 + 0.55 * strand), hair * 0.99);
        if (hair > 0.5) { label = HAIR; gloss = 0.03; occlusion *= 0.62; }
        else occlusion *= 1.0 - 0.22 * smoothstep(-12.0, 0.0, edge) * (1.0 - gone) * step(polar, 100.0);
    }

    vec3 h = normalize(key_direction + vec3(0, 0, 1));
    float toward = max(dot(n, h), 0.0);
    float specular = gloss * (pow(toward, shine) + 0.35 * toward * toward * toward * toward);
    specular *= 1.0 + 0.7 * pores * front;
    bool flesh = label != CLOTHES && label != HAIR;
    vec3 light = flesh ? skin_light(n, wrap) : diffuse_light(n, wrap);
    if (label == EAR + side || label == HELIX + side || label == LOBULE + side)  // light from behind glows through
        light += vec3(0.30, 0.07, 0.03) * key_color * clamp(-dot(n, key_direction) + 0.3, 0.0, 1.0);
    vec3 color = albedo * occlusion * light + key_color * specular * occlusion;
    emit(color + rim_light(n) * (albedo * 0.8 + 0.02) * occlusion, label);
}
