"""Where scores of rightly and of wrongly predicted images part, and what that is worth.

`sample` holds the data, `ranks` orders it, `axis` bins it, `curves` smooths, `methods` finds the
place, `resample` draws anew, `shares` and `separation` test, `verdict` judges, `find` is the way
through all of them. Inside, scores are *goodness*: higher is better, whatever the metric.
"""
