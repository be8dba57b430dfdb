"""Sources of kind `ckan`: tables of a CKAN portal's datastore, and files behind its resources."""
