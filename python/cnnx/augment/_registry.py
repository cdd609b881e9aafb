"""The registry of augmentations, and the check of lists of them."""

from __future__ import annotations

from cnnx import _spec
from cnnx._checks.scalars import choice, describe
from cnnx.augment._base import Augmentation
from cnnx.augment._mixing import CutMix, MixUp
from cnnx.augment._moves import HorizontalFlip, RandomCrop, Rotation, Scale, Shift, VerticalFlip
from cnnx.augment._values import Brightness, Contrast, Erase
from cnnx.errors import ConfigError

REGISTRY: dict[str, type[Augmentation]] = {
    RandomCrop.kind: RandomCrop,
    HorizontalFlip.kind: HorizontalFlip,
    VerticalFlip.kind: VerticalFlip,
    Shift.kind: Shift,
    Rotation.kind: Rotation,
    Scale.kind: Scale,
    Erase.kind: Erase,
    Brightness.kind: Brightness,
    Contrast.kind: Contrast,
    MixUp.kind: MixUp,
    CutMix.kind: CutMix,
}
"""The augmentations by name, as accepted in lists and on the command line."""


def from_dict(values: object) -> Augmentation:
    """Create an augmentation from its dictionary form.

    Parameters
    ----------
    values : object
        What an augmentation's ``to_dict`` returned.

    Returns
    -------
    Augmentation
        An equal augmentation.

    Raises
    ------
    TypeError
        If `values` is not a dictionary, or an argument has the wrong type.
    ConfigError
        If the kind or an argument is unknown, missing or invalid.
    """
    return _spec.from_dict(values, REGISTRY, "augmentation")


def resolve(value: object, owner: str = "train") -> list[Augmentation]:
    """Return a list of augmentations, given augmentations or their names.

    Parameters
    ----------
    value : object
        A list or tuple of `Augmentation` objects and names (with default arguments);
        ``None`` is an empty one.
    owner : str
        The name of the function, for error messages.

    Returns
    -------
    list[Augmentation]
        The augmentations, in order.

    Raises
    ------
    TypeError
        If `value` is not a list of augmentations and names.
    ConfigError
        If a name is unknown, or an augmentation comes after `MixUp` or `CutMix`.
    """
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        hint = f"; write [{value!r}]" if isinstance(value, (str, Augmentation)) else ""
        raise TypeError(
            f"{owner}: augment must be a list of augmentations, got {describe(value)}{hint}"
        )
    steps = [_one(entry, f"augment[{i}]", owner) for i, entry in enumerate(value)]
    mixed = False
    for i, step in enumerate(steps):
        if mixed and not isinstance(step, (MixUp, CutMix)):
            raise ConfigError(
                f"{owner}: augment[{i}] ({type(step).__name__}) comes after MixUp or CutMix, "
                "which must be last; move it before them"
            )
        mixed = mixed or isinstance(step, (MixUp, CutMix))
    return steps


def _one(entry: object, name: str, owner: str) -> Augmentation:
    """Return an augmentation, given an augmentation or its name."""
    if isinstance(entry, Augmentation):
        return entry
    if isinstance(entry, str):
        return REGISTRY[choice(entry, owner, name, REGISTRY)]()
    if isinstance(entry, type) and issubclass(entry, Augmentation):
        raise TypeError(f"{owner}: {name} is the class itself; call it: {entry.__name__}(...)")
    known = ", ".join(f'"{kind}"' for kind in REGISTRY)
    raise TypeError(
        f"{owner}: {name} must be an object of cnnx.augment or one of {known}, "
        f"got {describe(entry)}"
    )


__all__ = ["REGISTRY", "from_dict", "resolve"]
