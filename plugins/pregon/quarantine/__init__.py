"""What is held back: listed, shown with all that is known of it, exported, and looked at again."""
