"""The demo boutique: a seeded generator of products, pictures, shoppers and stories, and its loader."""

from core.demo.load import FOLDER, PICTURE_SIZE, Boutique, load

__all__ = ["FOLDER", "PICTURE_SIZE", "Boutique", "load"]
