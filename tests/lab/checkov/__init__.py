"""An independent judge: checkov's checks over what a sandbox deployed, with a written reason for every exception.

It owns the way from our state to what checkov reads, and the list of exceptions; the checks are checkov's.
"""
