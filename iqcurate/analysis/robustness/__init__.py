"""Do scores move with quality, and with nothing else? Rows in, verdicts out."""
