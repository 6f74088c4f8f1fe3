"""Categories by the quality of their images: the mean of each metric, and how uneven it is.

`rarefy` makes ranges of many and of few images comparable, `describe` gives the figures of each
category, `subsets` picks the ends of both orders as Lee et al. 2024 did (CCN, "average high",
"average low", "range high", "range low") and says how far they are the same categories.
"""
