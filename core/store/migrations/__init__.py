"""The tables of the studio database, step by step."""
