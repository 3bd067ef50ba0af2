"""Every test of Seawall: unit, contract, integration, end to end, and the real parts they run against."""
