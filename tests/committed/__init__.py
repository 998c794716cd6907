"""The committed stacks, however many: each loads, compiles, passes the pack and has its owners.

They belong to whoever copies this repository, so no test reads them but the one that calls this program, which is also
a part of `make check`. Programs run under the recording engine: no cloud, no state and no credentials. A stack is
compiled with the contracts that its own environment's stacks publish, so a contract that does not fit is found here.
"""
