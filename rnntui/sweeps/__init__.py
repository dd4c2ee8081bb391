"""Many runs from one plan: what to run, where it is kept, the processes that do it, and what came out.

Standard library only: the worker processes alone load torch (`core/worker.py`).
"""
