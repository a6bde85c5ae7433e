"""PORTRAIT_LABELS: the parts of a rendered portrait.

Left and right are the person's own, so the left eye stands on the right side of a frontal picture. The renderer
writes these ids.
"""

from editgan_widgets.labels import Label, LabelSet

# name, colour, side, edit groups; the order is the id.
_PARTS: tuple[tuple[str, str, str | None, tuple[str, ...]], ...] = (
    ("background", "#e8e8ec", None, ("background",)),
    ("skin", "#f2c6a0", None, ("skin",)),
    ("neck", "#c58a63", None, ("skin",)),
    ("clothes", "#4c72b0", None, ("clothes",)),
    ("hair", "#6b4226", None, ("hair",)),
    ("left ear", "#f29e4c", "left", ("ears",)),
    ("right ear", "#f1c453", "right", ("ears",)),
    ("left brow", "#2c6e49", "left", ("brows",)),
    ("right brow", "#8fc93a", "right", ("brows",)),
    ("left eyelid", "#5e60ce", "left", ("eyes",)),
    ("right eyelid", "#b8b8ff", "right", ("eyes",)),
    ("left sclera", "#ffffff", "left", ("eyes", "gaze")),
    ("right sclera", "#d6f6ff", "right", ("eyes", "gaze")),
    ("left iris", "#0077b6", "left", ("eyes", "gaze")),
    ("right iris", "#48cae4", "right", ("eyes", "gaze")),
    ("nose", "#e36414", None, ("nose",)),
    ("nostrils", "#7b2cbf", None, ("nose",)),
    ("upper lip", "#c9184a", None, ("smile", "mouth")),
    ("lower lip", "#ff758f", None, ("smile", "mouth")),
    ("teeth", "#fff3b0", None, ("smile", "mouth")),
    ("mouth", "#3b0a1a", None, ("smile", "mouth")),
    ("beard", "#5f7d2f", None, ("beard",)),
)

PORTRAIT_LABELS = LabelSet(
    "portraits-22", [Label(i, name, color, side, groups) for i, (name, color, side, groups) in enumerate(_PARTS)]
)
