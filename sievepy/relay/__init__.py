"""From a letter and its plan to what was done: the batch behind `sievepy process`."""
