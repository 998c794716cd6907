"""The identity layer: service accounts, custom roles, grants and the hand-over to the layers above it."""
