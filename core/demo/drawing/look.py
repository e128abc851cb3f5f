"""What the drawing table is told about one product."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from core.demo.drawing.kit import RGB, Cloth, mix


@dataclass(frozen=True)
class Look:
    """How one product is drawn.

    kind: the drawing function.  options: choices of the silhouette (neck, sleeve, length, shape ...).
    trim, collar: other cloth for bands or collar.  stitch: colour of visible stitching.  button: None is metal.
    """

    kind: str
    audience: str
    cloth: Cloth
    options: dict[str, Any] = field(default_factory=dict)
    trim: Cloth | None = None
    collar: Cloth | None = None
    hardware: str = "gold"
    button: RGB | None = None
    metal_buttons: bool = False
    stitch: RGB | None = None
    lining: RGB = (168, 132, 106)
    paper: RGB = (234, 229, 220)
    seed: int = 0

    def get(self, name: str, default: Any = None) -> Any:
        return self.options.get(name, default)

    def but(self, **options: Any) -> Look:
        return replace(self, options={**self.options, **options})

    def buttons(self) -> tuple[RGB | None, str]:
        """Colour of the buttons, or None with the metal."""
        if self.metal_buttons:
            return None, self.hardware
        return self.button or mix(self.cloth.rgb, (28, 20, 18), 0.55), self.hardware
