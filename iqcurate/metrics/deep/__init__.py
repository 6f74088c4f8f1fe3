"""Deep metrics: networks of pyiqa, built without any download.

pyiqa is called, never copied: its licence is PolyForm Noncommercial 1.0.0. Importing this package,
or its `specs`, imports neither pyiqa nor torch.
"""
