"""Pictures of figures, pure: values become places in a picture's own units, templates draw them as SVG.

What a picture shows, and its words, are said by whoever asks for it; a table on the same page says the same.
"""
