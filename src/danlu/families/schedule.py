"""The noise schedule of a base: ᾱ_t = Π (1 - β_t), with β_t = (√β_0 + t/(T-1)·(√β_T - √β_0))² (Rombach et al., 2022).

For bases that end in pure noise, √ᾱ is shifted and stretched so that it ends at 0 and begins where it did (Lin et al.,
2024).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from danlu.kit.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

STEPS, BETA_START, BETA_END = 1000, 0.00085, 0.012


def make_alphas_cumprod(scheduler: Mapping[str, Any], *, zero_terminal_snr: bool) -> "Tensor":
    """ᾱ_t, shape (T,), float64, of a scheduler's config."""
    import torch

    start, end = scheduler.get("beta_start", BETA_START), scheduler.get("beta_end", BETA_END)
    steps = int(scheduler.get("num_train_timesteps", STEPS))
    betas = torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float64) ** 2
    alphas = torch.cumprod(1 - betas, dim=0)
    return with_zero_terminal_snr(alphas) if zero_terminal_snr else alphas


def with_zero_terminal_snr(alphas_cumprod: "Tensor") -> "Tensor":
    """√ᾱ_t ← (√ᾱ_t - √ᾱ_T) · √ᾱ_0 / (√ᾱ_0 - √ᾱ_T), as ᾱ."""
    roots = alphas_cumprod.sqrt()
    return ((roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])) ** 2


def require_known_schedule(scheduler: Mapping[str, Any]) -> None:
    """Raise `UserError` for a schedule of another form."""
    if scheduler.get("beta_schedule", "scaled_linear") != "scaled_linear":
        raise UserError(
            f"the base's scheduler has beta_schedule '{scheduler['beta_schedule']}'; only 'scaled_linear' can be "
            "trained.",
            f"底模的 beta_schedule 为“{scheduler['beta_schedule']}”；只支持“scaled_linear”。",
        )
