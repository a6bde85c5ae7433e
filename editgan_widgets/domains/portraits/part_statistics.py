"""PartStatistics: position, shape and colour of each part of a portrait, as numbers.

A segmenter gives the part probabilities of every pixel. Area, position, second moments, mean colour, shading and
roughness of each part are sums over the picture with these weights, so that a gaze that moves the iris by half a pixel
changes its centroid.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .measuring import at_working_size
from .segmenter import Segmenter

SIZE = 128  # px: an iris is four pixels wide
NUMBERS = 12  # per part
_SEEN = 2.0  # px of area at which a part's statistics have half their weight


def seen_share(area: Tensor) -> Tensor:
    """Weight of the statistics of a part with an area in px, 0 to 1."""
    return area / (area + _SEEN)


class PartStatistics(nn.Module):
    """Picture [batch, 3, H, W] in [-1, 1], any size -> [batch, parts * 12].

    Per part, with lengths in units of half the picture's side: ln(1 + area in px), centroid x and y, variances and
    covariance of x and y, mean red, green and blue, slope of the brightness along x and y times the variance, mean
    absolute brightness gradient. All tend to 0 for a part that is not visible.
    """

    def __init__(self, segmenter: Segmenter):
        super().__init__()
        self.segmenter = segmenter

    @property
    def count(self) -> int:
        """Number of statistics per picture."""
        return NUMBERS * len(self.segmenter.labels)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """Measure pictures."""
        image = at_working_size(image, SIZE)
        logits = self.segmenter(image).float()
        with torch.autocast(image.device.type, enabled=False):  # differences of large sums need float32
            return self._measure(image.float(), logits.permute(0, 2, 3, 1).flatten(1, 2).softmax(2))

    def _measure(self, image: Tensor, share: Float[Tensor, "b pixels parts"]) -> Tensor:
        line = torch.linspace(-1, 1, SIZE, device=image.device)
        x, y = line.expand(SIZE, SIZE), line[:, None].expand(SIZE, SIZE)
        light = image.mean(1)
        steps = F.pad(light.diff(dim=2).abs(), (0, 1)) + F.pad(light.diff(dim=1).abs(), (0, 0, 0, 1))
        place = torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y]).expand(len(image), -1, -1, -1)
        look = torch.stack([*image.unbind(1), light * x, light * y, light, steps], dim=1)
        sums = (torch.cat([place, look], 1).flatten(2) @ share).transpose(1, 2)  # [b, parts, 13]
        area, sums = sums[..., 0], sums[..., 1:] / sums[..., :1].clamp_min(1e-6)
        cx, cy, xx, xy, yy, red, green, blue, light_x, light_y, light, steps = sums.unbind(-1)
        numbers = [cx, cy, xx - cx * cx, xy - cx * cy, yy - cy * cy, red, green, blue]
        numbers += [light_x - light * cx, light_y - light * cy, steps]
        seen = seen_share(area)[..., None]
        return torch.cat([area.log1p()[..., None], torch.stack(numbers, -1) * seen], dim=-1).flatten(1)
