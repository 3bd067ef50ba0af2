"""What the resilience engine itself costs a request that meets no fault."""
