"""Measurements that people read; nothing here is asserted."""
