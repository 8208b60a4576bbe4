"""Samplers under the names that A1111 gives them, as diffusers' schedulers with the settings that those names mean.

| name            | method                                           | steps are spaced                  |
|-----------------|--------------------------------------------------|-----------------------------------|
| Euler           | Karras et al., 2022, algorithm 2 without churn   | evenly in t, T-1 … 0              |
| Euler a         | its ancestral form: noise is added at every step | evenly in t, T-1 … 0              |
| DPM++ 2M        | Lu et al., 2022, second order, multistep         | evenly in t                       |
| DPM++ 2M Karras | the same                                         | Karras et al., 2022, eq. 5, ρ = 7 |
| DDIM            | Song et al., 2021, η = 0                         | T/n apart, shifted by one         |
"""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_euler_ancestral_discrete import EulerAncestralDiscreteScheduler
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler
from torch import Tensor

from danlu.families.base import Prediction
from danlu.generation.prompts import SamplerName

SMALLEST_ALPHA = 2.0**-24
"""Stands for ᾱ = 0 (schedules that end in pure noise), whose σ would be infinite."""

SCHEDULERS: dict[SamplerName, tuple[Callable[..., Any], dict[str, Any]]] = {
    "Euler": (EulerDiscreteScheduler, {"timestep_spacing": "linspace"}),
    "Euler a": (EulerAncestralDiscreteScheduler, {"timestep_spacing": "linspace"}),
    "DPM++ 2M": (DPMSolverMultistepScheduler, {"timestep_spacing": "linspace"}),
    "DPM++ 2M Karras": (DPMSolverMultistepScheduler, {"timestep_spacing": "linspace", "use_karras_sigmas": True}),
    "DDIM": (
        DDIMScheduler,
        {"timestep_spacing": "leading", "steps_offset": 1, "clip_sample": False, "set_alpha_to_one": False},
    ),
}


def make_scheduler(name: SamplerName, alphas_cumprod: Tensor, prediction: Prediction) -> Any:
    """A fresh diffusers scheduler for a base's noise schedule ᾱ of shape (T,); it holds state, so one per batch."""
    make, settings = SCHEDULERS[name]
    alphas = alphas_cumprod.double().clamp(min=SMALLEST_ALPHA)
    before = torch.cat([torch.ones(1, dtype=alphas.dtype, device=alphas.device), alphas[:-1]])
    betas = (1 - alphas / before).float().cpu().numpy()
    return make(num_train_timesteps=len(betas), trained_betas=betas, prediction_type=prediction, **settings)


def set_steps(scheduler: Any, steps: int, device: torch.device) -> None:
    """Place the sampling steps on a scheduler's noise schedule."""
    with warnings.catch_warnings():
        # diffusers hands torch tensors to np.array in a way that numpy 2 warns of; the values are right.
        warnings.filterwarnings("ignore", "__array__ implementation doesn't accept", DeprecationWarning)
        scheduler.set_timesteps(steps, device=device)
