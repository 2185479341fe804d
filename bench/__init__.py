"""Every speed claim, re-runnable: `bin/bench` runs all, or one by name."""
