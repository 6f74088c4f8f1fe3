"""The metrics: what they are (`specs`, `registry`) and how they are computed.

Importing this package loads none of them.
"""
