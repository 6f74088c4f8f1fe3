"""How fast iqcurate is, beside others, in one run: `make bench`, or ``python -m benchmarks -h``.

Everything is timed on the same files in rounds: in each round, file by file, the decoders, every
build of our kernels and the other tools take turns, each on one thread. So a round gives ratios
that a busy or slow machine moves little, and the result keeps every round.
"""
