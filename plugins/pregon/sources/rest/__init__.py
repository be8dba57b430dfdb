"""Sources of kind `rest`: JSON APIs, page by page."""
