"""What hedging takes off the tail of real requests, and how many calls more the vendors see for it."""
