"""Trials with a million rows and more: `make bench`."""
