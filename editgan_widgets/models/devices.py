"""Devices: check that a requested device exists before anything is loaded onto it."""

import torch

TYPES = ("cpu", "cuda", "mps")


def has_quick_bfloat16(device: torch.device) -> bool:
    """True if bfloat16 matrix products are several times faster than float32 ones: a CPU with AMX tiles."""
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()  # not in every torch that fits
    return device.type == "cpu" and bool(capabilities.get("amx_bf16"))


def bfloat16_in_hardware(device: torch.device) -> bool:
    """True if the device has bfloat16 instructions: CUDA, or a CPU with AVX512-BF16 or AMX; others are slow."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    if device.type == "cpu":
        probes = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile"))
        return any(probe() for probe in probes if probe is not None)
    return False


def resolve_device(device: torch.device | str | None) -> torch.device:
    """Check that a device exists; None means CUDA if available, else the CPU. Raises ValueError for a missing one."""
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        wanted = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device {str(device)!r} is unknown; use 'cpu', 'cuda' or 'mps'") from error
    if wanted.type not in TYPES:
        raise ValueError(f"device {str(device)!r} cannot run the models; use 'cpu', 'cuda' or 'mps'")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted.type == "cuda" and (wanted.index or 0) >= count:
        raise ValueError(
            f"device {str(device)!r} was requested, but torch sees {count or 'no'} CUDA devices here; "
            "use device='cpu', or device=None for the best available one"
        )
    if wanted.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError("device 'mps' was requested, but this machine has none; use device='cpu'")
    return wanted
