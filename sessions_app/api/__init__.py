"""The sessions over the API: `entries` are the bodies, `answers` what comes back, `sessions` the routes."""
