"""The quality report as files: report.md, report.json and its pictures."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from editgan_widgets import images
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.quality_figures import QualityReport
from editgan_widgets.files import whole_file, write_text
from editgan_widgets.scalars import without_nan

_COLUMNS = 8


def write_report(report: QualityReport, folder: Path) -> Path:
    """Write all files into a folder, which is created if needed; returns the path of report.md."""
    folder.mkdir(parents=True, exist_ok=True)
    images.save(images.grid(report.sheet, _COLUMNS), folder / "sheet.png")
    images.save(images.grid(report.copy_pairs, len(report.copy_pairs) // 2), folder / "nearest.png")
    if report.encoder is not None:
        images.save(images.grid(report.encoder.strip, len(report.encoder.strip) // 3), folder / "encoder.png")
    figures = {"truncation.png": truncation_figure(report)}
    if report.balance:
        figures["balance.png"] = balance_figure(report)
    if report.interpreter is not None:
        figures["parts.png"] = parts_figure(report)
    for name, figure in figures.items():
        with whole_file(folder / name) as unfinished:
            figure.savefig(unfinished, dpi=110)
    write_text(folder / "report.json", json.dumps(to_json(report), indent=1) + "\n")
    page = folder / "report.md"
    write_text(page, markdown(report))
    return page


def to_json(value: Any) -> Any:
    """Convert a report to JSON values: arrays are left out, nan becomes None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: to_json(part) for name, part in fields.items() if not isinstance(part, np.ndarray)}
    if isinstance(value, dict):
        return {name: to_json(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(part) for part in value]
    return without_nan(value)


def markdown(report: QualityReport) -> str:
    """The report's text."""
    sections = [_head(report), _distances(report), _truncation(report), _copies(report)]
    sections += [_balance(report), _interpreter(report), _encoder(report)]
    return "\n".join(line for section in sections for line in (*section, ""))


def _row(name: str, estimate: Estimate, digits: int = 3) -> str:
    value, low, high = (f"{x:.{digits}f}" for x in (estimate.value, estimate.low, estimate.high))
    return f"| {name} | {value} | {low} to {high} | {estimate.n} |"


_HEAD = ("| what | figure | 95% interval | n |", "|---|---|---|---|")


def _head(report: QualityReport) -> list[str]:
    psi, count = report.config.sheet_psi, len(report.sheet)
    return [
        "# Quality report",
        "",
        f"{report.model}. Written by `editgan report`.",
        "",
        f"![Samples of seeds 0 to {count - 1}, truncation {psi:g}](sheet.png)",
        "",
        f"Seeds 0 to {count - 1} at truncation psi {psi:g}, not selected.",
    ]


def _distances(report: QualityReport) -> list[str]:
    near, halves = report.manifold, report.manifold_of_halves
    return [
        "## Samples against renders",
        "",
        f"{report.config.samples} samples at psi {report.config.truncation_psi:g} against {report.renders} renders, in "
        f"the features of {report.features}, standardised by the renders. The figures are comparable only for the same "
        "network and n. Detail is the energy of an octave of the picture, samples divided by renders: below 1 is "
        "softer.",
        "",
        *_HEAD,
        _row("KID", report.kid, 5),
        _row("FID", report.fid),
        _row("FID of two halves of the renders", report.fid_of_halves),
        _row("precision (k = 3)", near.precision),
        _row("precision of two halves of the renders", halves.precision),
        _row("recall (k = 3)", near.recall),
        _row("recall of two halves of the renders", halves.recall),
        _row("density (k = 5)", near.density),
        _row("coverage (k = 5)", near.coverage),
        *(_row(f"detail of {2**i} to {2 ** (i + 1)} px", x) for i, x in enumerate(report.detail)),
        _row("path length in W, 1 = straight and even", report.path_length),
    ]


def _truncation(report: QualityReport) -> list[str]:
    lines = [
        "## Truncation",
        "",
        "![Precision, recall and KID over truncation](truncation.png)",
        "",
        f"{min(report.config.sweep_samples, report.config.samples)} samples at each psi.",
        "",
        "| psi | KID | precision | recall |",
        "|---|---|---|---|",
    ]
    for point in report.sweep:
        figures = f"{point.kid.value:.5f} | {point.precision.value:.3f} | {point.recall.value:.3f}"
        lines.append(f"| {point.truncation_psi:g} | {figures} |")
    return lines


def _copies(report: QualityReport) -> list[str]:
    found = report.copies
    return [
        "## Copies",
        "",
        "![The samples nearest to a render, above those renders](nearest.png)",
        "",
        f"Median distance in these features: {found.sample_distance:.3g} from a sample to its nearest render, "
        f"{found.render_distance:.3g} from a render to its nearest other render. Share of the samples that are nearer "
        "to a render than 99% of the renders are to each other (chance: 1%):",
        "",
        *_HEAD,
        _row("share of such samples", found.suspicious),
    ]


def _balance(report: QualityReport) -> list[str]:
    if not report.balance:
        return ["## Balance", "", "Not measured: no factor regressor was given (`editgan train factor-regressor`)."]
    lines = [
        "## Balance",
        "",
        "![Factors of renders and samples](balance.png)",
        "",
        "Factors predicted by the regressor, for renders and samples. Overlap of the two histograms: 1 for equal "
        "distributions; in brackets, that of two halves of the renders.",
        "",
        "| factor | R² of the regressor | renders: mean, std | samples: mean, std | overlap |",
        "|---|---|---|---|---|",
    ]
    for x in report.balance:
        score = "unknown" if math.isnan(x.r2) else f"{x.r2:.2f}"
        spreads = f"{x.render_mean:.3g}, {x.render_std:.3g} | {x.sample_mean:.3g}, {x.sample_std:.3g}"
        lines.append(f"| {x.name} | {score} | {spreads} | {x.overlap:.2f} ({x.overlap_of_halves:.2f}) |")
    return lines


def _interpreter(report: QualityReport) -> list[str]:
    found = report.interpreter
    if found is None:
        return ["## Interpreter", "", "Not measured: the model has no interpreter, or no segmenter was given."]
    return [
        "## Interpreter",
        "",
        "![IoU of each part](parts.png)",
        "",
        f"IoU of label maps of samples at psi {report.config.interpreter_psi:g} with those of the segmenter, which "
        "reads pictures only; intervals by bootstrap over pictures." + _training_cost(found.training),
        "",
        *_HEAD,
        _row(f"mIoU of {len(found.parts)} visible parts", found.miou),
        _row(f"mIoU of {len(found.coarse_parts)} visible coarse parts", found.coarse_miou),
        *(_row(f"coarse: {name}", estimate) for name, estimate in found.coarse_parts.items()),
        *(_row(name, estimate) for name, estimate in found.parts.items()),
    ]


def _training_cost(training: dict) -> str:
    """Sentence with samples, time and memory of the interpreter's training, as far as the metadata has them."""
    facts = []
    if training.get("samples") is not None:
        facts.append(f"on {training['samples']} labelled samples")
    if training.get("seconds") is not None:
        facts.append(f"in {training['seconds']:.0f} s")
    if training.get("peak_mb") is not None:
        facts.append(f"with {training['peak_mb']:.0f} MB of memory at the peak")
    return f" It was trained {', '.join(facts)}." if facts else ""


def _encoder(report: QualityReport) -> list[str]:
    found = report.encoder
    if found is None:
        return ["## Encoder", "", "The model has no encoder (`editgan train encoder`)."]
    rows = []
    for name, reached in (("first pass", found.first_pass), (f"after {found.steps} steps", found.embedded)):
        rows.append(_row(f"PSNR, {name}, dB", reached.psnr, 1))
        if reached.identity is not None:
            rows.append(_row(f"identity cosine, {name}", reached.identity))
    return [
        "## Encoder",
        "",
        f"![Held-out renders, the encoder's first pass, and after {found.steps} steps](encoder.png)",
        "",
        f"Renders that no training saw; below them the reconstructions after one pass of the encoder, and after the "
        f"best of {found.steps} optimisation steps from there.",
        "",
        *_HEAD,
        *rows,
    ]


def truncation_figure(report: QualityReport) -> Figure:
    """Precision, recall and KID over psi."""
    figure = Figure(figsize=(8, 3), layout="constrained")
    shares, distance = figure.subplots(1, 2)
    psi = [point.truncation_psi for point in report.sweep]
    for name in ("precision", "recall"):
        found = [getattr(point, name) for point in report.sweep]
        shares.plot(psi, [x.value for x in found], marker="o", label=name)
        shares.fill_between(psi, [x.low for x in found], [x.high for x in found], alpha=0.2)
    shares.set(xlabel="truncation psi", ylabel="share", ylim=(0, 1.02))
    shares.legend()
    kid = [point.kid for point in report.sweep]
    distance.plot(psi, [x.value for x in kid], marker="o", color="tab:green")
    distance.fill_between(psi, [x.low for x in kid], [x.high for x in kid], alpha=0.2, color="tab:green")
    distance.set(xlabel="truncation psi", ylabel="KID")
    return figure


def balance_figure(report: QualityReport, columns: int = 4) -> Figure:
    """Histograms of each factor, renders and samples."""
    rows = -(-len(report.balance) // columns)
    figure = Figure(figsize=(2.4 * columns, 1.7 * rows), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    for axis, found in zip(axes, report.balance, strict=False):
        edges = np.histogram_bin_edges(np.concatenate([found.renders, found.samples]), 24)
        for values, label in ((found.renders, "renders"), (found.samples, "samples")):
            axis.hist(values, edges, density=True, histtype="step", label=label)
        axis.set_title(found.name, fontsize=9)
        axis.tick_params(labelsize=7)
        axis.set_yticks([])
    for axis in axes[len(report.balance) :]:
        axis.set_visible(False)
    axes[0].legend(fontsize=7)
    return figure


def parts_figure(report: QualityReport) -> Figure:
    """IoU of each part with its interval, best first."""
    assert report.interpreter is not None
    parts = sorted(report.interpreter.parts.items(), key=lambda item: item[1].value)
    values = np.array([estimate.value for _, estimate in parts])
    spread = np.array([[x.value - x.low, x.high - x.value] for _, x in parts]).T.clip(min=0)
    figure = Figure(figsize=(6, 0.8 + 0.19 * len(parts)), layout="constrained")
    axis = figure.subplots()
    axis.barh([name for name, _ in parts], values, xerr=spread, color="tab:blue", ecolor="black")
    axis.set(xlim=(0, 1), xlabel="IoU with the segmenter")
    axis.tick_params(axis="y", labelsize=7)
    return figure
