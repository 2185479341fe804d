"""The pages that repair a day: what broke, a plan, the day before and after it."""
