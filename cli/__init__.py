"""The `seawall` command: runs Seawall on one machine, asks it, and operates it."""
