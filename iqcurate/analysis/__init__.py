"""Reads score rows; never sees pixels, metrics or files."""
