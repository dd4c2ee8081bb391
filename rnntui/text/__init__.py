"""What a text needs to be shown where there is little room."""
