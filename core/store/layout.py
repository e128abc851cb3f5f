"""Where everything of one shop lies on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.store import files


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders and files of the shop in `data`.

    source:      the catalogue as it was imported, and how.
    vectors:     content-hash cache of vectors; the truth about what was encoded.
    pictures:    the pack of thumbnails.
    calibration: one sealed folder for each calibration, named by its id.
    generations: one sealed folder for each generation, named by its id.
    current:     the pointer to the generation and calibration that serve.
    sweeps:      maps of trade-offs, which can be computed again.
    maps:        maps of the catalogue, and its pictures as points; they can be drawn again.
    studio_db:   the studio database, unless the settings name another by URL.
    lock:        held by whoever changes the shop: import, build, prune.
    """

    data: Path

    @property
    def source(self) -> Path:
        return self.data / "source"

    @property
    def vectors(self) -> Path:
        return self.data / "vectors"

    @property
    def pictures(self) -> Path:
        return self.data / "pictures"

    @property
    def calibration(self) -> Path:
        return self.data / "calibration"

    @property
    def generations(self) -> Path:
        return self.data / "generations"

    @property
    def current(self) -> Path:
        return self.data / "CURRENT"

    @property
    def sweeps(self) -> Path:
        return self.data / "sweeps"

    @property
    def maps(self) -> Path:
        return self.data / "maps"

    @property
    def studio_db(self) -> Path:
        return self.data / "studio.db"

    @property
    def lock(self) -> Path:
        return self.data / "LOCK"

    def ensure(self) -> Layout:
        """Make the folders that are not there yet. Raises StorageFailed."""
        for folder in (self.source, self.vectors, self.pictures, self.calibration, self.generations):
            files.make_folder(folder)
        return self
