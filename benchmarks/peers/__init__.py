"""Other tools, each in a process of its own environment that answers over pipes.

A server prints one line of JSON when it is ready, with the versions of what it runs, then for
each line ``{"paths": [...]}`` one line ``{"seconds": {...}, "scores": {...}}``.
"""
