"""The command line: one function per sub-command; unpack, one call, print."""
