"""What sources, sinks and the journal share of the file system: durable steps, and the layout of a maildir."""
