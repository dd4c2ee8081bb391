"""Progress on standard error: a bar on a terminal, else a line now and then."""
