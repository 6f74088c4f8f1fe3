"""Made photos of printed codes on bottle bottoms, and what was done to each of them.

`dataset` writes the sets; `scene` makes one photo out of the parts: `codes` and `printers` (the
print), `bottle` (what it is on), `light`, and `camera` (view, blur, sensor, JPEG).
"""
