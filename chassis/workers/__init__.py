"""One service as several processes on one machine, which serve the same addresses."""
