"""A line chart in braille dots: what it shows, the reduction to dot columns, and the drawing."""
