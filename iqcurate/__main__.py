"""`python -m iqcurate` is the command `iqcurate`."""

from iqcurate.cli import main

main()
