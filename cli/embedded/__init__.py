"""`seawall up`: everything on one machine, as real processes, with nothing to install beside it."""
