"""The page: four tabs over one model. Nothing outside this package and app.py imports it."""
