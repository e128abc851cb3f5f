"""The demo boutique: a seeded generator of products, pictures, shoppers and stories, and its loader."""

from core.demo.load import FOLDER, Boutique, load

__all__ = ["FOLDER", "Boutique", "load"]
