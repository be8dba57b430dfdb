"""Sources of kind `socrata`: datasets of portals by Tyler Data & Insights, formerly Socrata."""
