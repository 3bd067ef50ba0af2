"""Where a running service's time goes, on demand: stacks sampled for some seconds, nothing at all otherwise."""
