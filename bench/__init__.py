"""What we measure ourselves with: `python -m bench`."""
