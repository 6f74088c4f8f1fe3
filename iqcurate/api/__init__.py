"""The only wiring of the parts: one module a command."""
