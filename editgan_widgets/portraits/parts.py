"""PORTRAIT_LABELS: the parts of a rendered portrait.

Left and right are the person's own, so the left eye stands on the right side of a frontal picture. The renderer
writes these ids.
"""

from editgan_widgets.labels import Label, LabelSet

# name, colour, side, edit groups; the order is the id.
_PARTS: tuple[tuple[str, str, str | None, tuple[str, ...]], ...] = (
    ("background", "#e8e8ec", None, ("background",)),
    ("skin", "#e0a988", None, ("skin",)),
    ("neck", "#b9795b", None, ("skin",)),
    ("clothes", "#4c72b0", None, ("clothes",)),
    ("hair", "#5b3a29", None, ("hair",)),
    ("left ear", "#f29e4c", "left", ("ears",)),
    ("right ear", "#f1c453", "right", ("ears",)),
    ("left brow", "#2c6e49", "left", ("brows",)),
    ("right brow", "#74a57f", "right", ("brows",)),
    ("left eyelid", "#8e7dbe", "left", ("eyes",)),
    ("right eyelid", "#c1b2e6", "right", ("eyes",)),
    ("left sclera", "#ffffff", "left", ("eyes", "gaze")),
    ("right sclera", "#d6f6ff", "right", ("eyes", "gaze")),
    ("left iris", "#0077b6", "left", ("eyes", "gaze")),
    ("right iris", "#48cae4", "right", ("eyes", "gaze")),
    ("nose", "#d98c5f", None, ("nose",)),
    ("nostrils", "#7a2e1d", None, ("nose",)),
    ("upper lip", "#c9184a", None, ("smile", "mouth")),
    ("lower lip", "#ff758f", None, ("smile", "mouth")),
    ("teeth", "#f7f3c6", None, ("smile", "mouth")),
    ("mouth", "#590d22", None, ("smile", "mouth")),
    ("beard", "#8a6d3b", None, ("beard",)),
)

PORTRAIT_LABELS = LabelSet(
    "portraits-22", [Label(i, name, color, side, groups) for i, (name, color, side, groups) in enumerate(_PARTS)]
)
