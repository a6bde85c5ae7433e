"""EditGAN's encoder file, `{"model_state_dict": …}` -> PyramidEncoder.

Tensors are `FPN_module.*` (ResNet and pyramid) and `course_styles.*`, `medium_styles.*`, `fine_styles.*` (the heads,
whose convolutions have even numbers). Sizes are read off names and shapes.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from editgan_widgets.models.checkpoints import with_weights
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.tensor_files import state_dict
from editgan_widgets.models.pyramid_encoder import COARSE, MEDIUM, PyramidEncoder, PyramidEncoderConfig

_FIRST_HEAD = {"course": 0, "medium": COARSE, "fine": COARSE + MEDIUM}
_MOST = 64  # heads, blocks and halvings: far above any network's, far below what would take long to build


def is_encoder(content: Any) -> bool:
    """True if the content is EditGAN's encoder."""
    weights = content.get("model_state_dict") if isinstance(content, Mapping) else None
    return isinstance(weights, Mapping) and any(str(name).startswith("FPN_module.") for name in weights)


def encoder(path: Path, content: Mapping[str, Any]) -> PyramidEncoder:
    """Make the encoder, in eval mode. Raises CheckpointError if tensors are missing, unknown or do not fit."""
    tensors = state_dict(path, content["model_state_dict"], "model_state_dict")
    weights = {_our_name(name): value for name, value in tensors.items()}

    def count(pattern: str) -> int:
        found = {int(m[1]) for name in weights if (m := re.match(pattern, name))}
        if found != set(range(len(found))) or len(found) > _MOST:
            raise CheckpointError(
                f"{path}: its tensors {pattern!r} are not numbered 0, 1, 2 …; it is not a complete encoder"
            )
        return len(found)

    try:
        config = PyramidEncoderConfig(
            resolution=16 * 2 ** count(r"heads\.0\.convs\.(\d{1,3})\.weight"),
            num_ws=count(r"heads\.(\d{1,3})\.linear\.weight"),
            w_dim=weights["heads.0.linear.weight"].shape[0],
            width=weights["pyramid.conv1.weight"].shape[0],
            blocks=tuple(count(rf"pyramid\.layer{i}\.(\d{{1,3}})\.conv1\.weight") for i in (1, 2, 3, 4)),
            channels=weights["pyramid.toplayer.weight"].shape[0],
        )
        return with_weights(lambda: PyramidEncoder(config), weights)
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(
            f"{path}: its {len(weights)} tensors are not an EditGAN encoder: {str(error)[:300]}; it has FPN_module.*, "
            "course_styles.*, medium_styles.*, fine_styles.*"
        ) from error


def _our_name(name: str) -> str:
    if match := re.fullmatch(r"(course|medium|fine)_styles\.(\d{1,3})\.(.+)", name):
        rest = re.sub(r"^convs\.(\d*[02468])\.", lambda m: f"convs.{int(m[1]) // 2}.", match[3])
        return f"heads.{_FIRST_HEAD[match[1]] + int(match[2])}.{rest}"
    return re.sub(r"^FPN_module\.", "pyramid.", name)
