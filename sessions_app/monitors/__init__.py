"""Bedside monitors: their messages read and stored, the listener, and which monitor stands at which chair."""
