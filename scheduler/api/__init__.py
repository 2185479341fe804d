"""This floor's API, one module for each noun: parse, call, answer."""
