"""The part of one set of scores that is distributed like another.

`cells` cuts the scores where the other set's distribution steps, `exact` finds how many images
each cell may give, `draw` picks them, and `propensity` makes one score of several.
"""
