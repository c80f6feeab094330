"""Publish articles once, as an e-mail digest and as posts for every network."""

__version__ = "0.1.0"
