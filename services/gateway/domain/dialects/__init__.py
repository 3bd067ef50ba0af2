"""The wire formats of callers: a package for each."""
