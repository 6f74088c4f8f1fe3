"""Decisions on images as files: who is kept, and why."""
