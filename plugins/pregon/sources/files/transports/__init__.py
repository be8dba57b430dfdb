"""How files come to this machine: one module per transport, all with the same two steps, list and fetch.

What a server says is not trusted: a name is never used as a local path, sizes and times are bounded, and whether a
file is the one of last time is told by its hash, unless the server says so by a strong sign of its own.
"""
