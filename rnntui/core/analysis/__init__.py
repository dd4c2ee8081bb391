"""What can be measured of a network: gradients, gates, how optimizers move."""
