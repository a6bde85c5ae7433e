"""The Markdown page of compared edits."""

from collections.abc import Sequence

from editgan_widgets.analysis.edit_comparison import EDITGAN_TABLE_1, HAS_SHARE, EditComparison


def comparison_page(found: EditComparison, ways: Sequence[str]) -> str:
    """Markdown of all figures, of each of `ways` beside the others, and of EditGAN's table; it shows compare.png."""
    lines = [
        f"# Ways to edit {found.attribute}",
        "",
        found.sentence(),
        "",
        f"{found.basis}.",
        "",
        f"A picture has the attribute at a value of {found.threshold:.3f} or more; {HAS_SHARE:.0%} of the samples do.",
        f"KID is measured against these samples; that of the unedited portraits is {found.unedited}.",
        "Strength 1 raises the mean value by that threshold minus the median of the samples.",
        "",
        "![Identity and KID over success](compare.png)",
        "",
        *_table("way", "labels", "strength", "n", "success", "identity", "KID"),
    ]
    lines += [
        f"| {m.way} | {m.labels} | {m.strength:g} | {m.success.n} | {m.success} | {m.identity} | {m.kid} |"
        for m in found.measures
    ]
    for way in ways:
        lines += ["", *beside(found, way)]
    effects = found.side_effects()
    lines += [
        "",
        "## What else changes",
        "",
        'At the same strengths, in standard deviations of the samples. The row "samples with it" is the mean over',
        "samples with the attribute minus the mean over the portraits before the edits. The table lists the attributes",
        "whose change differs most from that row.",
        "",
        *_table(*effects[0]),
    ]
    lines += [f"| {' | '.join(_shown(value) for value in record.values())} |" for record in effects]
    lines += ["", "## EditGAN's table 1, on photographs", "", *_table("way", "labels", "success", "FID", "identity")]
    lines += [f"| {' | '.join('-' if x is None else str(x) for x in record.values())} |" for record in EDITGAN_TABLE_1]
    return "\n".join(lines) + "\n"


def beside(found: EditComparison, way: str) -> list[str]:
    """Lines of a section: one way beside the others."""
    return [
        f"## Beside the others: {way}",
        "",
        "Each at its least strength with a success of 95% or more, or at the strength of its highest success.",
        "",
        *_table("beside", "success", "identity", "KID"),
        *(f"| {' | '.join(record.values())} |" for record in found.beside(way)),
    ]


def _shown(value: object) -> str:
    return f"{value:+.2f}" if isinstance(value, float) else str(value)


def _table(*names: str) -> list[str]:
    return [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
