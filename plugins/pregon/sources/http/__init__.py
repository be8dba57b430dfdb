"""What sources behind HTTP share: a client that is patient within a budget, credentials, bounds on what is trusted."""
