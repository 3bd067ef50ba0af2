"""What each stage of a request costs by itself."""
