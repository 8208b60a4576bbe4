"""Plans of recipes, as they are asked for and told."""

from danlu.studio.shapes.common import Said, Shape
from danlu.studio.shapes.recipes import Values


class PlanOrder(Shape):
    """A recipe to plan. What it says of `dataset.path` is ignored: the dataset is `dataset_id`."""

    dataset_id: str
    recipe: Values


class PlannedBucketShape(Shape):
    """One picture size of a run."""

    size: str
    pictures: int
    images_per_epoch: int
    steps_per_epoch: int


class PlannedConceptShape(Shape):
    """One concept of a run."""

    name: str
    pictures: int
    repeats: int
    trigger: str | None
    traits: list[str]
    regularization: bool


class PlannedGroupShape(Shape):
    """What is trained at one rate."""

    name: str
    layers: int
    rate: float


class PlanShape(Shape):
    """What a recipe will do."""

    name: str
    base: str
    family: str
    concepts: list[PlannedConceptShape]
    buckets: list[PlannedBucketShape]
    images_per_epoch: int
    images_by_concept: list[int]
    regularization_images: int
    held_out: list[str]
    validations: int
    batch_size: int
    accumulation: int
    steps_per_epoch: int
    epochs: int
    total_steps: int
    warmup_steps: int
    checkpoints: int
    previews: int
    preview_pictures: int
    groups: list[PlannedGroupShape]
    trained_parameters: int
    file_bytes: int
    base_bytes: int
    expected_seconds: float | None
    is_rough_time: bool
    """Whether that is the speed of a run with other settings on this base."""
    warnings: list[Said]
    cautions: list[Said]
    """What everybody should have read before anything is trained: pictures or captions that the base doesn't know."""
    arithmetic: Said
    """How the number of steps comes about."""
    toml: str
    """The recipe as a file."""


class MemoryShape(Shape):
    """How much memory a step takes, in bytes."""

    weights: int
    adapter: int
    optimizer: int
    activations: int
    program: int
    total: int
