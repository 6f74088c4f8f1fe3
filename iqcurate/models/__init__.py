"""Classifiers and feature extractors as operators of the engine, and the probe on features."""
