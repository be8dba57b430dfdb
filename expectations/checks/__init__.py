"""Checks on releases, one module each, all with one shape of result."""
