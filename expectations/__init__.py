"""What published data must hold: structural checks, quality checks, and the gate that decides on them."""
