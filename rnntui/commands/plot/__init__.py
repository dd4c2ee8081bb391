"""`rnntui plot`: the figures of runs for print, one file each."""
