"""Measure the engine: scripted edits, edit vectors, the smile table, drawings, sliders, presets side by side.

`make bench-engine` runs it on the shipped model. It prints tables and writes results/engine.json and results/engine.md.
All seeds are held out. The judges are the segmenter, the factor regressor and the identity network; no edit is
optimised against them.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from editgan_widgets.files import write_text

EDITS, VECTORS, SMILE, STYLES, SLIDER, PRESETS = "edits", "vectors", "smile", "styles", "slider", "presets"
ALL = (EDITS, VECTORS, SMILE, STYLES, SLIDER, PRESETS)


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="portraits", help="a shipped model's name or a bundle's path")
    parser.add_argument("--vectors", type=Path, help="folder of edit vectors (default: the model's library)")
    parser.add_argument("--only", nargs="+", choices=ALL, default=ALL)
    parser.add_argument("--edits", type=int, default=50, help="random scripted edits")
    parser.add_argument("--edit-steps", type=int, default=100, help="EditGAN's number")
    parser.add_argument("--held-out", type=int, default=50, help="portraits that a vector is applied to")
    parser.add_argument("--refined", type=int, default=10, help="how many of these are also refined")
    parser.add_argument("--labelled", type=int, default=2000, help="samples that the directions are learned from")
    parser.add_argument("--first-seed", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--preset-once", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


class Bench:
    """The model, its judges and its vectors."""

    def __init__(self, options):
        import torch

        from editgan_widgets import load_model
        from editgan_widgets.analysis import attributes_of
        from editgan_widgets.domains.portraits import load_factor_regressor, load_identity, load_segmenter
        from editgan_widgets.latent.directions.library import load_vectors

        torch.set_num_threads(options.threads)
        self.options, self.model = options, load_model(options.model, device="cpu")
        self.segmenter = load_segmenter(labels=self.model.labels)
        self.regressor, self.identity = load_factor_regressor(), load_identity()
        self.read = attributes_of(self.model)
        self.seeds = range(options.first_seed, options.first_seed + options.held_out)
        self.vectors = load_vectors(self.model, options.vectors)

    def vectors_mark(self):
        """Short hash of the vectors: earlier figures of other vectors are dropped."""
        digest = hashlib.sha256()
        for name, vector in sorted(self.vectors.items()):
            digest.update(name.encode() + vector.delta_w_plus.numpy().tobytes())
        return digest.hexdigest()[:16]

    def edits(self):
        """Random scripted edits on random portraits, drawn with a fixed seed."""
        import numpy as np

        from editgan_widgets.analysis import mask_edits
        from editgan_widgets.documents.session import EditSession
        from editgan_widgets.domains.portraits.scripted_edits import SCRIPTED_EDITS

        options, measures = self.options, []
        rng = np.random.default_rng(options.first_seed)
        while len(measures) < options.edits:
            edit = SCRIPTED_EDITS[rng.integers(len(SCRIPTED_EDITS))]
            seed = options.first_seed + int(rng.integers(10_000))
            session = EditSession.from_seed(self.model, seed)
            record = mask_edits.measure_edit(session, edit, self.segmenter, seed, options.edit_steps, self.identity)
            if record is not None:
                measures.append(record.measure)
                m = record.measure
                note(f"{len(measures)}/{options.edits} {edit.name}: {m.iou_after:.2f}, U-Net {m.judge_iou_after:.2f}")
        median = mask_edits.medians(measures)
        lines = [
            f"{len(measures)} random scripted edits, {options.edit_steps} steps, medians:",
            "",
            "| what | figure | aim |",
            "|---|---|---|",
            f"| IoU in the region, by the interpreter | {arrow(median, 'iou')} | >= 0.92 |",
            f"| IoU in the region, by the U-Net | {arrow(median, 'judge_iou')} | >= 0.80 |",
            f"| mean absolute change outside | {median['change_outside']:.4f} | <= 0.012 |",
            f"| identity, cosine | {median['identity']:.3f} | >= 0.9 |",
            f"| seconds | {median['seconds']:.1f} | |",
        ]
        return {"median": median, "all": [m.to_dict() for m in measures]}, lines

    def transfer(self):
        """Each vector whose attribute a judge reads, on held-out portraits; some are refined too."""
        from editgan_widgets.analysis.transfer import markdown_table, transfer

        reports = []
        for vector in self.vectors.values():
            attribute, change = (vector.recipe.get(key) for key in ("attribute", "attribute_change"))
            if not attribute or not change:
                continue
            given = (attribute, self.read, self.identity, change)
            seeds = self.fitting(vector)
            reports.append(transfer(self.model, vector, seeds, *given))
            if self.options.refined:
                some = seeds[: self.options.refined]
                reports.append(transfer(self.model, vector, some, *given, refine_steps=30))
            note(f"{vector.name}: {reports[-1].success.value:.0%}")
        alone = [report for report in reports if report.refine_steps == 0]
        shares = [report.success.value for report in alone]
        lines = [
            "On portraits whose mask the vector's scripted edit changes: not on those that wear glasses for glasses.",
            "",
            markdown_table(reports),
        ]
        lines += [f"Median success without refinement: {statistics.median(shares):.0%}."]
        lines.append(f"{sum(share >= 0.8 for share in shares)} of {len(shares)} vectors reach 80%.")
        return [report.to_dict() for report in reports], lines

    def fitting(self, vector):
        """First held-out seeds whose mask the vector's scripted edit changes."""
        from editgan_widgets.documents.session import EditSession
        from editgan_widgets.domains.portraits.library_edits import LIBRARY

        edits = [edit for edit in LIBRARY if edit.name == vector.recipe.get("edit")]
        found = []
        for seed in range(self.seeds.start, self.seeds.start + 10 * len(self.seeds)):
            session = EditSession.from_seed(self.model, seed)
            if not edits or edits[0].paint(session.label_map, self.model.labels) is not None:
                found.append(seed)
            if len(found) == len(self.seeds):
                break
        return found

    def smile(self):
        """EditGAN's table 1 on this domain: attribute accuracy, identity and KID."""
        import numpy as np
        import torch

        from editgan_widgets.analysis import directions, distribution
        from editgan_widgets.latent.refine import best_step, refine

        model, read = self.model, self.regressor.read
        latents = directions.labelled_latents(model, "smile", read, self.options.labelled)
        learned = [directions.mean_difference(model, latents), directions.svm_boundary(model, latents)]
        threshold = float(np.quantile(latents.values, 0.7))
        w_plus = torch.cat([model.sample_w_plus(seed) for seed in self.seeds])
        before = self.pictures(w_plus)
        serious = torch.from_numpy(read(before)["smile"] < np.quantile(latents.values, 0.5))
        w_plus, before = w_plus[serious], before[serious]
        smiling = self.pictures(model.generator.w_plus(latents.w[torch.from_numpy(latents.values >= threshold)]))
        real = self.regressor.features(smiling).numpy()
        tuning = range(self.options.first_seed + 100_000, self.options.first_seed + 100_020)
        change = threshold - float(np.median(latents.values)) + 0.15
        rows = []
        for name, vector in (("edit vector", self.vectors["smile"]), *((v.name, v) for v in learned)):
            scale = directions.scale_for(model, vector, "smile", read, change, tuning)
            results = {0: vector.apply(w_plus, scale)}
            if name == "edit vector":
                steps = [best_step(refine(model, w[None], vector, 30, scale)).w_plus for w in w_plus]
                results[30] = torch.cat(steps)
            for refined, edited in results.items():
                after = self.pictures(edited)
                cosine = self.identity.similarity(before, after)
                kid = distribution.kernel_distance(real, self.regressor.features(after).numpy())
                row = {
                    "direction": name,
                    "refinement": refined,
                    "scale": scale,
                    "accuracy": float((read(after)["smile"] >= threshold).mean()),
                    "change": float((read(after)["smile"] - read(before)["smile"]).mean()),
                    "identity": float(cosine.mean()),
                    "change_all": float((after - before).abs().mean() / 2),
                    "kid": kid.value,
                }
                rows.append(row)
                note(f"smile, {name}, {refined} steps: {row['accuracy']:.0%}, identity {row['identity']:.3f}")
        lines = [
            f"{len(w_plus)} held-out portraits that smile less than the median sample; scales at which 20 others smile "
            f"{change:.2f} more; accuracy: smiles like the 30% of the samples that smile most; KID against these, "
            f"by the regressor's features; directions learned from {self.options.labelled} samples.",
            "",
            "| direction | refinement | accuracy | smile gained | identity | picture's change | KID |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {r['direction']} | {r['refinement']} | {r['accuracy']:.0%} | {r['change']:.2f} | {r['identity']:.3f} | "
            f"{r['change_all']:.4f} | {r['kid']:.3f} |"
            for r in rows
        ]
        return rows, lines

    def styles(self):
        """Drawings and paintings of the shipped renders: embedded, edited to smile, pasted back."""
        from editgan_widgets.analysis.stylised import measure_styles, style_table
        from editgan_widgets.domains.portraits import load_samples

        vector = self.vectors["smile"]
        shown = [portrait.image for portrait in load_samples()][:24]
        rows = measure_styles(
            self.model, shown, vector, "smile", self.regressor.read, vector.recipe["attribute_change"]
        )
        return [row.to_dict() for row in rows], [style_table(rows)]

    def slider(self):
        """Vector stacks applied and rendered per second."""
        import torch

        from editgan_widgets import images
        from editgan_widgets.latent.directions.vector_stack import combine

        parts = list(self.vectors.values())[:4]
        w_plus = self.model.sample_w_plus(0)
        rates = []
        for turn in range(4):
            began, count = time.perf_counter(), 40
            for i in range(count):
                stack = combine([(vector, (i % 9 - 4) / 4) for vector in parts], warn=None)
                with torch.no_grad():
                    made = self.model.generator.synthesis(stack.apply(w_plus)).image
                images.to_uint8(made)
            if turn:
                rates.append(count / (time.perf_counter() - began))
        rate = statistics.median(rates)
        text = (
            f"A stack of {len(parts)} vectors applied and rendered at {self.model.resolution} px: {rate:.0f} a second"
        )
        return {"per_second": rate}, [f"{text} (aim >= 15)."]

    def presets(self):
        """Our settings and those of the released tool: at the same number of steps, and until the same IoU."""
        rows = []
        for name in ("default", "released"):
            command = [sys.executable, __file__, "--preset-once", name, "--model", self.options.model]
            command += ["--threads", str(self.options.threads), "--first-seed", str(self.options.first_seed)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(json.loads(done.stdout.splitlines()[-1]))
            note(f"preset {name}: {rows[-1]}")
        lines = [
            "Medians over the same edits, each preset in a process of its own:",
            "",
            "| preset | 29 steps, s | IoU by the interpreter | by the U-Net | change outside | "
            "steps to IoU 0.7 (reached) | s to it | peak memory, MB |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {r['preset']} | {r['seconds']:.2f} | {r['iou']:.2f} | {r['judge_iou']:.2f} | {r['outside']:.4f} | "
            f"{shown(r['steps_to'])} ({r['reached']:.0%}) | {shown(r['seconds_to'], '.2f')} | {r['peak_mb']:.0f} |"
            for r in rows
        ]
        return rows, lines

    def pictures(self, w_plus):
        import torch

        from editgan_widgets.analysis.transfer import picture_of

        return torch.cat([picture_of(self.model, part) for part in w_plus.split(25)])


def preset_once(options):
    """Figures of one preset over some edits, printed as JSON; run in its own process to measure its memory."""
    import torch

    from editgan_widgets.analysis import segmentation
    from editgan_widgets.documents.session import EditSession
    from editgan_widgets.domains.portraits.scripted_edits import SCRIPTED_EDITS
    from editgan_widgets.iou import pooled_iou_inside
    from editgan_widgets.latent.label_maps import predicted_label_map
    from editgan_widgets.latent.optimize import EditConfig
    from editgan_widgets.training.build_model import peak_memory_mb

    options.only = ()
    bench = Bench(options)
    config = replace(EditConfig.preset(options.preset_once), steps=29)
    figures = {"seconds": [], "iou": [], "judge_iou": [], "outside": [], "steps_to": [], "seconds_to": []}
    tried = 0
    for edit in SCRIPTED_EDITS:
        for seed in range(options.first_seed, options.first_seed + 40):
            session = EditSession.from_seed(bench.model, seed)
            painted = edit.paint(session.label_map, bench.model.labels)
            if painted is not None:
                break
        else:
            continue
        tried += 1
        parts = edit.part_ids(bench.model.labels)
        session.set_label_map(painted)
        region = session.region  # ours for both presets, so that both IoUs cover the same pixels
        before, spent, steps = session.image.astype(float), 0.0, session.edit(config=config)
        while True:
            began = time.perf_counter()
            step = next(steps, None)
            spent += time.perf_counter() - began
            if step is None:
                break
            if len(figures["steps_to"]) < tried:  # not included in the time
                with torch.no_grad():
                    features = bench.model.generator.synthesis(step.w_plus).features
                seen = predicted_label_map(bench.model, features).numpy()
                if pooled_iou_inside(seen, painted, region, parts) >= 0.7:
                    figures["steps_to"].append(step.index)
                    figures["seconds_to"].append(spent)
        figures["seconds"].append(spent)
        if len(figures["steps_to"]) < tried:
            figures["steps_to"].append(float("inf"))
            figures["seconds_to"].append(float("inf"))
        figures["iou"].append(pooled_iou_inside(session.predicted_label_map, painted, region, parts))
        judged = segmentation.segment(bench.segmenter, session.image)
        figures["judge_iou"].append(pooled_iou_inside(judged, painted, region, parts))
        change = abs(session.image - before).mean(2) / 255
        figures["outside"].append(float(change[~region].mean()))
    reached = [value != float("inf") for value in figures["steps_to"]]
    row = {name: statistics.median(values) for name, values in figures.items()}
    row = {name: None if value == float("inf") else value for name, value in row.items()}
    peak = peak_memory_mb()
    print(json.dumps({"preset": options.preset_once, **row, "reached": sum(reached) / len(reached), "peak_mb": peak}))


def shown(value, form="g"):
    return "-" if value is None else format(value, form)


def arrow(median, name):
    return f"{median[name + '_before']:.2f} -> {median[name + '_after']:.3f}"


def note(text):
    print(text, file=sys.stderr, flush=True)


TITLES = {
    EDITS: "Mask edits",
    VECTORS: "Vectors on held-out portraits",
    SMILE: "Smile: edit vector and directions",
    STYLES: "Drawings and paintings",
    SLIDER: "Slider",
    PRESETS: "Ours and the release's settings",
}


def main(arguments=None):
    options = parse(arguments)
    if options.preset_once:
        preset_once(options)
        return
    bench = Bench(options)
    runs = {
        EDITS: bench.edits,
        VECTORS: bench.transfer,
        SMILE: bench.smile,
        STYLES: bench.styles,
        SLIDER: bench.slider,
        PRESETS: bench.presets,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "engine.json"
    sections = kept(file, bench.model.fingerprint, bench.vectors_mark())
    for name in options.only:
        results, lines = runs[name]()
        settings = {text: getattr(options, key) for key, text in SETTINGS.get(name, {}).items()} | {
            "torch threads": options.threads
        }
        sections[name] = {"results": results, "lines": lines, "settings": settings, "vectors": bench.vectors_mark()}
        # Written after each section, so that an aborted run keeps its results.
        found = {"model": bench.model.fingerprint, "sections": sections}
        write_text(file, json.dumps(found, indent=1, default=float) + "\n")
        write_text(options.out / "engine.md", page(options.model, sections))
    print(page(options.model, sections))


SETTINGS = {
    EDITS: {"edits": "edits", "edit_steps": "steps"},
    VECTORS: {"held_out": "portraits", "refined": "of them refined"},
    SMILE: {"held_out": "portraits", "labelled": "labelled samples"},
}


def kept(file, fingerprint, vectors):
    """Sections of an earlier run on the same model and vectors, which are kept unless measured again."""
    try:
        earlier = json.loads(file.read_text())
        same = earlier["model"] == fingerprint
        return {name: x for name, x in earlier["sections"].items() if same and x.get("vectors", vectors) == vectors}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def page(model, sections):
    lines = [
        "# What edits and vectors do",
        "",
        f"Written by `make bench-engine` on `{model}`, {os.cpu_count()} cores.",
        "",
    ]
    for name in (name for name in ALL if name in sections):
        settings = ", ".join(f"{key} {value}" for key, value in sections[name]["settings"].items())
        lines += [f"## {TITLES[name]}", "", f"({settings})", "", *sections[name]["lines"], ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
