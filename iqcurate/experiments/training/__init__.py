"""What removing bad images from the training set does to a model.

`split` and `design` say which images are tested on and trained on, `learners` train, `study` runs
them, `interval`, `randomisation` and `verdict` say what may be believed of the differences.
"""
