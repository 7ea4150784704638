"""The pages behind a letter's links, and the program's health."""
