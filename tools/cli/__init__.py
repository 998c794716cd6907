"""The commands behind make.

Owns: what each command does and shows, the environment of every Pulumi process in the sandbox, and the repair of
interrupted updates. Does not own: the tools (`toolchain`), the servers (`sandbox.servers`), the simulated cloud
(`sandbox.cloud`), and what is deployed (the layers).
"""
