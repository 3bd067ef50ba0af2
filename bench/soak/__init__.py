"""Random faults for a long time, callers of every kind: nothing hangs, nothing false is told, the bill is right."""
