"""The control API: JSON over HTTP, to look at the simulated vendors and to change them while they run."""

from simulator.control.app import ControlApp

__all__ = ["ControlApp"]
