"""Speaks each vendor's dialect; nothing else of Seawall knows a vendor."""
