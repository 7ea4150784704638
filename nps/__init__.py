"""The mathematics of the Net Promoter Score: pure functions of counts, nothing of ours imported.

A score becomes a category (`score`), counts of scores become a Net Promoter Score with its interval (`interval`),
two periods are compared (`change`).
"""
