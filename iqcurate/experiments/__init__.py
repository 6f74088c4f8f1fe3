"""Experiments that ask what quality does to a model: figures, from tables to tables."""
