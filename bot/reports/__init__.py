"""Figures as people see them: a frozen value from `scheduler.figures` becomes text, picture, letter, spreadsheet.

Every face takes the same value, so that no two of them can show different numbers.
"""
