"""`molva demo`: the whole main job with no account anywhere. Only the other side of the wire is simulated.

`stage` sets up a shop with a Bot API server and a mail server on loopback, `townspeople` are its customers,
`play` lets the weeks pass and posts the digest.
"""
