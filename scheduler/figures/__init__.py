"""Counts from storage and mathematics from nps become frozen values; wording and drawing happen above."""
