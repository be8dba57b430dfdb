"""Whether the documents that a city links to are there: asked by hand, kept, and judged with the publication."""
