"""The protocols' pages: every version, a draft in its boxes, what one would change, the signature."""
