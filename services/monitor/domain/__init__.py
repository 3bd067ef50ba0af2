"""What monitor knows about requests, money, targets and their health; no I/O."""
