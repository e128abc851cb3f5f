"""The words of the shop: values and errors that every other package speaks in."""
