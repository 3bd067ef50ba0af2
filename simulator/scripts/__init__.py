"""Scripts of time: what happens to simulated vendors, and when."""

from simulator.scripts.chance import random_script
from simulator.scripts.load import load
from simulator.scripts.player import Player
from simulator.scripts.script import Script, Step, UnknownVendorError

__all__ = ["Player", "Script", "Step", "UnknownVendorError", "load", "random_script"]
