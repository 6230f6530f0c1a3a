"""The language every part of the house shares. Standard library only, no I/O, no vendor."""
