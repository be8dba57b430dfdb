"""Sources of kind `files`: where files come from, how they are unpacked, and a reader per format."""
