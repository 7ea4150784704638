"""Who is asked, when and by which channel: rules → picking → queued deliveries → sending through a promise."""
