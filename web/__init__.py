"""The pages. They compose the floors below and decide nothing themselves."""
