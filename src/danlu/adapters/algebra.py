"""Algebra of changes ΔW: added up exactly as thin factors, and cut to the nearest change of a lower rank.

ΔW = B A, with B [out, r] and A [r, in(, k, k)], any scale worked in. Changes are added by stacking their factors:
[ρ₁B₁ ρ₂B₂] · [A₁; A₂] = ρ₁ΔW₁ + ρ₂ΔW₂, of rank r₁ + r₂ (adding up the factors themselves would make cross terms). Of
all changes of rank r the nearest to ΔW = UΣVᵀ is the one with its r largest singular values (Eckart & Young, 1936); how
much of ΔW that keeps is told as ‖Σ_r‖ / ‖Σ‖, by Frobenius norms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor


class Factors(NamedTuple):
    """A change as a product of two thin matrices."""

    up: Tensor
    """B [out, r]."""
    down: Tensor
    """A [r, in] or, of a convolution, [r, in, k, k]."""

    @property
    def rank(self) -> int:
        """r."""
        return self.down.shape[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """That of ΔW: [out, in] or [out, in, k, k]."""
        return (self.up.shape[0], *self.down.shape[1:])

    def change(self) -> Tensor:
        """ΔW."""
        return torch.tensordot(self.up, self.down, dims=1)

    def squared_norm(self) -> Tensor:
        """‖ΔW‖² without ΔW, by way of the r × r products of the factors; nothing is read from the device."""
        down = self.down.flatten(1)
        return ((self.up.mT @ self.up) * (down @ down.mT)).sum().clamp_min(0)

    def norm(self) -> float:
        """‖ΔW‖, computed in float64."""
        return float(Factors(self.up.double(), self.down.double()).squared_norm()) ** 0.5


class Spectrum(NamedTuple):
    """A change taken apart: U Σ Vᵀ, in float64."""

    left: Tensor
    """U [out, n], its columns orthonormal."""
    singular: Tensor
    """Σ [n], falling."""
    right: Tensor
    """Vᵀ [n, in(, k, k)]."""

    def cut(self, rank: int) -> Factors:
        """The nearest change of this rank, in float32; √Σ goes to either side, so that both suit half precision."""
        root = self.singular[:rank].sqrt()
        down = self.right[:rank] * root.view(-1, *(1 for _ in self.right.shape[1:]))
        return Factors((self.left[:, :rank] * root).float(), down.float())

    def norm(self, rank: int | None = None) -> float:
        """‖Σ‖, or that of the largest `rank`."""
        return float(torch.linalg.vector_norm(self.singular[:rank]))


@dataclass(frozen=True)
class Cut:
    """How far changes are cut. Each is a limit of its own; where several are given, the lowest rank counts."""

    rank: int | None = None
    """At most this rank."""
    share: float | None = None
    """The lowest rank that keeps this share of ‖ΔW‖, 0 < share ≤ 1."""
    ratio: float | None = None
    """Only singular values of at least the largest one's `ratio`-th part, ratio ≥ 1."""

    def choose(self, singular: Tensor) -> int:
        """The rank for these singular values (falling), at least 1."""
        ranks = [len(singular)] if self.rank is None else [len(singular), self.rank]
        squares = singular.double().square().cumsum(0)
        if self.share is not None:
            ranks.append(int((squares < self.share**2 * squares[-1]).sum()) + 1)
        if self.ratio is not None:
            ranks.append(int((singular * self.ratio >= singular[0]).sum()))
        return max(1, min(ranks))

    def leaves_whole(self, factors: Factors) -> bool:
        """Whether it's plain without a look at the numbers that nothing is cut off."""
        return self.share is None and self.ratio is None and (self.rank is None or factors.rank <= self.rank)


def thin_factors(tensors: Mapping[str, Tensor], scale: float) -> Factors:
    """Those of scale · B A or, with a core C between them, scale · B (C A), in float32."""
    up, down = tensors["up"].flatten(1).float() * scale, tensors["down"].float()
    if "mid" in tensors:
        down = torch.einsum("pq...,qi->pi...", tensors["mid"].float(), down.flatten(1))
    return Factors(up, down)


def stack(parts: Sequence[tuple[Factors, float]]) -> Factors:
    """Σ ρ_i ΔW_i of changes and their weights, exactly. A 1×1 convolution and a linear layer of the same sides are one;
    raises `ValueError` if the changes have different shapes.
    """
    shape = max((factors.shape for factors, _ in parts), key=len)
    if any(plain_shape(factors.shape) != plain_shape(shape) for factors, _ in parts):
        raise ValueError(f"changes of different shapes: {', '.join(str(factors.shape) for factors, _ in parts)}")
    up = torch.cat([factors.up * weight for factors, weight in parts], dim=1)
    return Factors(up, torch.cat([factors.down.reshape(-1, *shape[1:]) for factors, _ in parts]))


def plain_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """A weight's shape, of a 1×1 convolution as if it were a linear layer."""
    return tuple(shape[:2]) if tuple(shape[2:]) == (1, 1) else tuple(shape)


def spectrum_of_factors(factors: Factors) -> Spectrum:
    """By QR of both factors: ΔW = Q₁ R₁ (Q₂ R₂)ᵀ, so that only the r × r matrix R₁ R₂ᵀ has to be taken apart."""
    first, one = torch.linalg.qr(factors.up.double())
    second, other = torch.linalg.qr(factors.down.flatten(1).double().mT)
    left, singular, right = torch.linalg.svd(one @ other.mT, full_matrices=False)
    return Spectrum(first @ left, singular, (right @ second.mT).reshape(-1, *factors.down.shape[1:]))


def spectrum_of_change(change: Tensor) -> Spectrum:
    """Of any ΔW, by the eigenvectors of ΔW ΔWᵀ in float64, which finds singular values down to 1e-8 of the largest.

    With U of the shorter side, Σ Vᵀ = Uᵀ ΔW: what is cut is a projection of ΔW, exact however small its values.
    """
    matrix = change.flatten(1).double()
    is_tall = matrix.shape[0] > matrix.shape[1]
    if is_tall:
        matrix = matrix.mT
    vectors = torch.linalg.eigh(matrix @ matrix.mT).eigenvectors
    rows = vectors.mT @ matrix
    singular, order = torch.linalg.vector_norm(rows, dim=1).sort(descending=True)
    short = vectors[:, order]
    long = rows[order] / singular.clamp_min(torch.finfo(torch.float64).tiny)[:, None]
    left, right = (long.mT, short.mT) if is_tall else (short, long)
    return Spectrum(left, singular, right.reshape(-1, *change.shape[1:]))
