"""How a clinic begins: the steps of its setting up, each a page, and its patients out of other systems."""
