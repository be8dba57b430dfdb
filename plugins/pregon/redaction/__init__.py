"""Taking back what was published, from what a person names to the last file that holds it: see `carrying_out`."""
