"""Measurements for readers; nothing here is asserted."""
