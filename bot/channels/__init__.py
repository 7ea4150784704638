"""Channels keep the promises of `scheduler.channel`: one module per channel."""
