"""Unsupported networks, recognised by the names and shapes of their tensors: one sentence each.

Each sentence names the content of the file and a remedy.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from torch import Tensor

from editgan_widgets.models.official.containers import Contents

_GIVE = "give an unconditional StyleGAN2 generator"
_NAMES = (  # pattern of one tensor's name -> what the file is; the first that fits is taken
    (r"mapping\.(embed_proj|embed\.embed)\.", f"StyleGAN-XL, which is not supported yet; {_GIVE}"),
    (r"(^|\.)(backbone\.synthesis|superresolution)\.", f"EG3D, whose generator makes 3-D features; {_GIVE}"),
    (
        r"(^|\.)(g_mapping\.|g_synthesis\.|generator\.progression\.|progression\.\d+\.)|\.epi[12]\.|adain|epilogue\.style_mod",
        f"StyleGAN1 (as DatasetGAN used it), whose generator works otherwise and is not supported; {_GIVE}, such as "
        "EditGAN's own",
    ),
    (r"(^|\.)(iwt|dwt)\.", f"SWAGAN, which makes wavelet coefficients and is not supported; {_GIVE}"),
    (
        r"(^|\.)(style_mlp\.\d+\.|constant_input\.weight|stylegan_decoder\.)",
        "a StyleGAN2 in the names of BasicSR (GFPGAN), which are not read; give it in the rosinality or "
        "StyleGAN2-ADA naming",
    ),
    (
        r"(^|\.)(lora_up|lora_down|lora_A|lora_B|lora_unet\w*)(\.|$)",
        f"a LoRA of a diffusion model, which has no GAN; {_GIVE}",
    ),
    (
        r"(^|\.)(model\.diffusion_model|time_embedding|time_embed|down_blocks|up_blocks|transformer_blocks|"
        r"first_stage_model|cond_stage_model)\.",
        f"a diffusion model or a part of one, which has no latent code to edit here; {_GIVE}",
    ),
    (r"(^|\.)quantize\.embedding|codebook", f"a VQ-GAN or VQ-VAE, which has no W; {_GIVE}"),
    (
        r"(^|\.)(blocks\.\d+\.\d+\.bn1\.gain\.|shared\.weight$|gen_z\.|blocks\.\d+\.\d+\.conv_sc\.)",
        f"BigGAN, which is not supported; {_GIVE}",
    ),
    (r"(^|\.)lin\d\.model\.1\.weight$", f"heads of LPIPS, not a generator; {_GIVE}"),
    (
        r"(^|\.)(input_layer\.0\.weight|body\.\d+\.res_layer\.|styles\.\d+\.convs\.)",
        f"an encoder of pSp or e4e, or a face recogniser, without the generator that it belongs to; {_GIVE}",
    ),
    (
        r"(^|\.)(b4\.mbstd|b4\.out\.|b\d+\.fromrgb\.|final_linear\.\d|final_conv\.\d|convs\.\d+\.skip\.)",
        f"a discriminator without its generator; {_GIVE}",
    ),
    (r"(^|\.)features\.\d+\.(weight|bias)$", f"a VGG or AlexNet, not a generator; {_GIVE}"),
    (r"(^|\.)layer[1-4]\.\d+\.conv1\.weight$", f"a ResNet, not a generator; {_GIVE}"),
    (
        r"(^|\.)(self_attn|attention|attn)\.",
        f"a transformer, not a StyleGAN2 generator; {_GIVE}",
    ),
    (r"(^|\.)exp_avg$", f"an optimiser's state without its networks; {_GIVE}"),
)


def not_read(found: Contents) -> str | None:
    """Return the kind of a file without a StyleGAN2 generator; None if it is not recognised."""
    if words := _stylegan3(found.tensors):
        return words
    for pattern, words in _NAMES:
        if any(re.search(pattern, name) for name in found.tensors):
            return f"it is {words}"
    if _is_dcgan(found.tensors):
        return f"it is a DCGAN (a chain of transposed convolutions), which has no W; {_GIVE}"
    return None


def _stylegan3(tensors: Mapping[str, Tensor]) -> str | None:
    layers = {name: x for name, x in tensors.items() if re.search(r"(^|\.)synthesis\.L\d+[\w]*\.weight$", name)}
    if not layers and not any(re.search(r"(^|\.)synthesis\.input\.", name) for name in tensors):
        return None
    if any("embed_proj" in name or "mapping.embed.embed" in name for name in tensors):
        return f"it is StyleGAN-XL, which is not supported yet; {_GIVE}"
    kernels = {x.shape[-1] for x in layers.values() if x.ndim == 4}
    kind = "StyleGAN3-t" if 3 in kernels else "StyleGAN3-r" if kernels == {1} else "StyleGAN3"
    conditional = any(re.search(r"(^|\.)mapping\.embed\.", name) for name in tensors)
    return (
        f"it is {kind}{', conditional on a class' if conditional else ''}: StyleGAN3's are not supported yet; {_GIVE}"
    )


def _is_dcgan(tensors: Mapping[str, Tensor]) -> bool:
    """Four or more 4x4 kernels in one chain, `main.N.weight` or the like."""
    kernels = [x for name, x in tensors.items() if re.search(r"\.\d+\.weight$", name) and x.ndim == 4]
    return len([x for x in kernels if tuple(x.shape[2:]) == (4, 4)]) >= 4


def unlike_stylegan2(weights: Mapping[str, Tensor], others: Iterable[str]) -> str | None:
    """Return why a generator with StyleGAN2-ADA's or rosinality's names is not supported; None if it is.

    Args:
        weights: its tensors, by the names of its layout.
        others: names of tensors beside them, in the same module.
    """
    checks: tuple[Callable[[], str | None], ...] = (
        lambda: _other_names([*weights, *others]),
        lambda: _conditional(weights),
        lambda: _shape_of_constant(weights),
        lambda: _architecture(weights),
        lambda: _colours(weights),
        lambda: _mapping(weights),
    )
    return next((words for check in checks if (words := check()) is not None), None)


def _other_names(names: Iterable[str]) -> str | None:
    names = list(names)
    for pattern, words in _NAMES[:4]:
        if any(re.search(pattern, name) for name in names):
            return f"it is {words}"
    return None


def _conditional(weights: Mapping[str, Tensor]) -> str | None:
    embed = weights.get("mapping.embed.weight")
    if embed is None:
        return None
    classes = embed.shape[1] if embed.ndim == 2 else "?"
    return f"it is conditional (c_dim {classes}, mapping.embed.weight), which is not supported yet; {_GIVE}"


def _shape_of_constant(weights: Mapping[str, Tensor]) -> str | None:
    constant = weights.get("synthesis.b4.const", weights.get("input.input"))
    if constant is None or constant.ndim < 3 or tuple(constant.shape[-2:]) == (4, 4):
        return None
    h, w = constant.shape[-2:]
    shape = "not square" if h != w else "not begun at 4 x 4"
    return (
        f"its pictures are {shape} (its constant is {h} x {w}), only square pictures grown from 4 x 4 are read; {_GIVE}"
    )


def _architecture(weights: Mapping[str, Tensor]) -> str | None:
    blocks = {int(m[1]) for name in weights if (m := re.match(r"synthesis\.b(\d+)\.", name))}
    if any(re.fullmatch(r"synthesis\.b\d+\.skip\.weight", name) for name in weights):
        return (
            f"it is a StyleGAN2 of the architecture 'resnet', only 'skip' is supported; {_GIVE} of architecture 'skip'"
        )
    pictures = {int(m[1]) for name in weights if (m := re.match(r"synthesis\.b(\d+)\.torgb\.", name))}
    if len(blocks) > 1 and pictures == {max(blocks)}:
        return f"it is a StyleGAN2 of the architecture 'orig', only 'skip' is supported; {_GIVE} of architecture 'skip'"
    return None


def _colours(weights: Mapping[str, Tensor]) -> str | None:
    for name, value in weights.items():
        if re.fullmatch(r"synthesis\.b\d+\.torgb\.bias|to_rgb1\.bias|to_rgbs\.\d+\.bias", name) and value.numel() != 3:
            colours = value.numel() if value.ndim != 3 else value.shape[0]
            if colours == 3:
                continue
            kind = {1: "grayscale", 4: "RGBA", 12: "wavelet coefficients (SWAGAN)"}.get(
                colours, f"of {colours} channels"
            )
            return f"its pictures are {kind}, only RGB pictures are read; {_GIVE} of three colours"
    return None


def _mapping(weights: Mapping[str, Tensor]) -> str | None:
    layers = sorted(
        (int(m[1]), tuple(x.shape))
        for name, x in weights.items()
        if (m := re.fullmatch(r"(?:mapping\.fc|style\.)(\d+)\.weight", name))
    )
    wide = {shape[0] for _, shape in layers if len(shape) == 2}
    if len(wide) > 1:
        return (
            f"its mapping's layers are {sorted(wide)} wide, only mappings of one width (that of W) are read; "
            f"{_GIVE} of that kind"
        )
    return None
