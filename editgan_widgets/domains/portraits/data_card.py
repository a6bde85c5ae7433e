"""Data card of a dataset of portraits: contents, visible parts, and the distribution of the main factors.

All tables are computed from the dataset's factor records and label maps.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8

from editgan_widgets.labels import LabelSet

from .factors import FACTORS
from .geometry import origin_shares

MAIN_FACTORS = (
    *("age", "masculinity", "skin_tone", "yaw", "pitch", "smile", "jaw_open", "blink", "gaze_x"),
    *("hair_length", "hair_curl", "hair_darkness", "baldness", "beard", "glasses"),
)
ORIGINS = ("african", "asian", "caucasian")
AGES = ((18, 35), (35, 55), (55, 76))
_BINS = 5


def data_card(
    about: dict[str, Any],
    records: Sequence[dict[str, float]],
    label_maps: Iterable[UInt8[np.ndarray, "h w"]],
    labels: LabelSet,
) -> str:
    """Return the card as Markdown. `about` is the content of dataset.json; `label_maps` may be a subset of all."""
    people = -(-about["count"] // about["views"])
    last = about["seed0"] + people - 1
    shown = "each once" if about["views"] == 1 else f"each in {about['views']} views"
    forms = [
        name
        for name, there in (("arrays", about["arrays"]), (f"{about['pictures']} files", about["pictures"]))
        if there
    ]
    return "\n".join(
        [
            f"# {about['count']} rendered portraits, {about['size']} px",
            "",
            "The portraits depict no real person: parametric 3-D heads (MakeHuman's geometry, CC0), rendered by",
            "editgan-widgets with the exact part of every pixel and the factors of each picture.",
            "",
            "| | |",
            "|---|---|",
            f"| Portraits | {about['count']} of {people} people, {shown} |",
            f"| Size | {about['size']} x {about['size']} px |",
            f"| Seeds | {about['seed0']} to {last} |",
            f"| Stored as | {' and '.join(forms)} |",
            f"| Label set | {labels.name}, {len(labels)} parts |",
            f"| Factors | {len(records[0])} a portrait, in factors.jsonl |",
            "",
            f"Render it again: `editgan render --count {about['count']} --size {about['size']} --seed0 {about['seed0']}"
            f"{'' if about['views'] == 1 else ' --views ' + str(about['views'])} --out FOLDER`. Check the files: "
            "`sha256sum --check SHA256SUMS`.",
            "",
            "## Balance",
            "",
            *_balance(records),
            "",
            *_crossed(records),
            "",
            "## Parts",
            "",
            *_parts(label_maps, labels),
            "",
        ]
    )


def origin(record: dict[str, float]) -> str:
    """Name of the largest share in a record's origin mix."""
    return ORIGINS[int(np.argmax(origin_shares(record)))]


def _balance(records: Sequence[dict[str, float]]) -> list[str]:
    """Mean, standard deviation and the share of portraits in each fifth of a factor's range."""
    ranges = {factor.name: (factor.low, factor.high) for factor in FACTORS}
    lines = [
        "Share of the portraits in each fifth of a factor's range, low to high.",
        "",
        "| factor | range | mean | std | " + " | ".join(f"{i + 1}" for i in range(_BINS)) + " |",
        "|---|---|---|---|" + "---|" * _BINS,
    ]
    for name in MAIN_FACTORS:
        if name not in ranges or name not in records[0]:
            continue
        low, high = ranges[name]
        values = np.array([record[name] for record in records])
        shares = np.histogram(values, _BINS, (low, high))[0] / len(values)
        cells = " | ".join(f"{share:.0%}" for share in shares)
        lines.append(f"| {name} | {low:g} to {high:g} | {values.mean():.2f} | {values.std():.2f} | {cells} |")
    return lines


def _crossed(records: Sequence[dict[str, float]]) -> list[str]:
    """Number of portraits by sex, age and largest origin."""
    origins = np.array([origin(record) for record in records])
    ages = np.array([record["age"] for record in records])
    male = np.array([record["masculinity"] for record in records]) >= 0.5
    lines = [
        "Portraits by sex (masculinity below or from 0.5), age and largest share of the origin mix:",
        "",
        "| sex | age | " + " | ".join(ORIGINS) + " |",
        "|---|---|" + "---|" * len(ORIGINS),
    ]
    for sex, chosen in (("female", ~male), ("male", male)):
        for low, high in AGES:
            here = chosen & (ages >= low) & (ages < high)
            counts = " | ".join(str(int((here & (origins == name)).sum())) for name in ORIGINS)
            lines.append(f"| {sex} | {low} to {high - 1} | {counts} |")
    return lines


def _parts(label_maps: Iterable[UInt8[np.ndarray, "h w"]], labels: LabelSet) -> list[str]:
    """Share of pixels and of portraits that show each part."""
    pixels, seen, count = np.zeros(len(labels)), np.zeros(len(labels)), 0
    for label_map in label_maps:
        found = np.bincount(label_map.ravel(), minlength=len(labels))
        pixels += found / label_map.size
        seen += found > 0
        count += 1
    lines = [
        f"Counted over {count} portraits. Left and right are the person's own.",
        "",
        "| id | part | share of the pixels | portraits that show it |",
        "|---|---|---|---|",
    ]
    for label in labels:
        area, share = pixels[label.id] / max(count, 1), seen[label.id] / max(count, 1)
        lines.append(f"| {label.id} | {label.name} | {area:.2%} | {share:.0%} |")
    return lines
