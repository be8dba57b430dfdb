"""Sources of kind `sql`: databases, by SQLAlchemy."""
