"""Sources of kind `ocds`: what a publisher has published as OCDS already, release by release."""
