"""What Mistral has of its own, beside what the preset says."""
