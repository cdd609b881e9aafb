"""Checks of what users pass: from any value to a checked one, or a clear error."""
