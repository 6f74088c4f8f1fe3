"""Whether two sets of scores are distributed alike, and which of them is better.

`shift` describes one metric, with an interval from `resample`; `classes` does so for each class;
`standing` takes the number of tests into account and puts it into words.
"""
