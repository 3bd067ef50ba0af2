"""Where calls and configuration come in: decode, call, encode."""
