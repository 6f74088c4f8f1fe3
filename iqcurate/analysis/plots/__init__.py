"""Figures, drawn by matplotlib without a display; it is imported only where one is made."""
