"""What is in a table of scores: the figures behind a page that shows a data set.

`distribution` describes one metric, `parts` classes and splits, `confounds` what else the scores
go with, `duplicates` and `failures` what their names say; `choice` picks images to look at and
`summary` gathers figures that a gate can be set on. All work on columns, none knows of pages.
"""
