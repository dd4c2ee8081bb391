"""What rnntui needs of the operating system: folders that it writes in, locks, and what an error of the disk means.

Standard library only.
"""
