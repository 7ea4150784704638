"""What is done, when and by which rules: sales in, customers picked, questions sent, answers recorded, figures told.

Nothing here knows a channel by name or words a sentence: channels are promises (`scheduler.channel`), reasons enums.
"""
