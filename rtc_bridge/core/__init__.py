"""Every decision of the package, on the standard library alone."""
