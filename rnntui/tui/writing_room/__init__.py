"""The writing room and the time machine: pages that networks write, and the thread that runs them."""
