"""What a request costs in gateway and providers, in turn with nginx as a reverse proxy of the same upstream."""
