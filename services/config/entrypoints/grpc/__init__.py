"""ConfigService and SnapshotService: decode, call, encode."""
