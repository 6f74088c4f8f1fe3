"""Experiments that ask what quality does to models."""
