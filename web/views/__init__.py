"""The pages, a module for each part of the house: parse, call, show."""
