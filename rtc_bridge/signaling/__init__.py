"""The robot's dialing end of every signaling door."""
