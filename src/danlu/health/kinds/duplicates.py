"""Duplicates: pictures that show (nearly) the same, so that it counts several times; the best of each group is kept."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding, leave_out
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.health.look import Look

SAME = 3.5
"""Of 100 for lightness: if no spot differs by more, it is the same picture saved, scaled or softened again, which
differs by up to 2.6 (recompressed at quality 40, halved, blurred by 2 px). Another mouth, a twentieth of the picture
wide, differs by 4 and more.
"""
_SHARP_PX = 0.85
"""As soft as a sharp picture's edges are; what is softer has less detail than pixels. Their number is divided by the
cube of the excess, not the square: of two copies with about the same detail, the smaller, sharper one is the original.
"""


class Duplicates(Check):
    """Near-duplicates (see `danlu.datasets.duplicates`): also mirrored, brightened, or cut a little closer.

    Copies of the same picture are safely left out. Those that differ somewhere may be meant to: they are left out when
    you ask for it by name.
    """

    kind: Literal["duplicates"] = "duplicates"
    title: ClassVar[Text] = Text("near-duplicates", "近似重复")

    def measure(self, look: "Look") -> Any:
        """The picture small, in L*a*b* with one decimal, and how much detail it has, in sharp pixels."""
        from danlu.datasets.duplicates import lab_view
        from danlu.health.likeness import pack

        scale, soft_px = look.softness[0]
        spread = max(1.0, (soft_px or 0.0) / scale / _SHARP_PX)
        return {"view": pack(lab_view(look.small)), "detail": look.image.width * look.image.height / spread**3}

    def judge_all(self, survey: Survey) -> Iterable[Finding]:
        """For each group, what is to be said of all its pictures but the best of each concept: the same picture may be
        meant to teach two.
        """
        from danlu.health.likeness import difference, group_views, unpack

        measured = [seen for seen in survey.pictures if self.kind in seen.measures]
        views = [unpack(seen.measures[self.kind]["view"]) for seen in measured]
        for group in group_views(views):
            ranked = sorted(group, key=lambda index: self._rank(measured[index]))
            best: dict[int, int] = {}
            for index in ranked:
                best.setdefault(measured[index].picture.concept, index)
            for index in group:
                own = best[measured[index].picture.concept]
                if index != own:
                    differs = difference(views[index], views[own])
                    yield self._finding(measured[index], measured[own], differs, len(group))
                elif index != ranked[0]:
                    yield self._of_two_concepts(measured[index], measured[ranked[0]])

    def _rank(self, seen: Seen) -> tuple[float, bool, str]:
        """Most detail first, then the one that has a caption, then by name."""
        return -seen.measures[self.kind]["detail"], seen.caption is None, seen.picture.name

    def _finding(self, seen: Seen, best: Seen, differs: float, group: int) -> Finding:
        same = differs <= SAME
        name, size = best.picture.name, best.picture.size
        of_group = Text(f" (group of {group})", f"（共 {group} 张）") if group > 2 else Text("", "")
        text = Text(
            f"shows nearly the same as '{name}' ({size}){of_group.en}: leave it out, unless what differs is to be "
            "learnt.",
            f"与“{name}”（{size}）几乎相同{of_group.zh}：若差异不需要学习，可排除。",
        )
        if same:
            text = Text(
                f"is the same picture as '{name}' ({size}), which is the best{of_group.en}.",
                f"与“{name}”（{size}）是同一张图片，后者质量最好{of_group.zh}。",
            )
        return Finding(self.kind, "warning", seen.picture.name, text, 100 - differs, leave_out(safe=same), name)

    def _of_two_concepts(self, seen: Seen, other: Seen) -> Finding:
        name, concept = other.picture.name, other.concept.name
        text = Text(
            f"shows the same as '{name}', which teaches '{concept}': right if it is to teach both.",
            f"与“{name}”（概念“{concept}”）内容相同：如果要同时教两个概念，则没有问题。",
        )
        return Finding(self.kind, "note", seen.picture.name, text, other=name)
