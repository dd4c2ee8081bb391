"""What single units of a trained network follow in the text that they read (Karpathy, Johnson and Li 2015)."""
