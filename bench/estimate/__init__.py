"""How far estimates of a prompt's tokens are from what tokenizers count."""
