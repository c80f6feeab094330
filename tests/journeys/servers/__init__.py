"""Servers that run as processes of their own, on a free loopback port, and keep account of all that they were sent."""
