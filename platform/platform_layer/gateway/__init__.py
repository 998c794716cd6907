"""The Gateway for requests from outside, and the names that routes may have."""
