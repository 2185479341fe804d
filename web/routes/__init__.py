"""The pages' addresses, a list for each part of the house."""
