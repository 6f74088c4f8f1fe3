"""The store: a Delta Lake table with one row an image, and what is written beside it."""
