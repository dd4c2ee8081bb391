"""Many runs from one plan: the plan, its folder, the worker processes, and the results.

Standard library only: the worker processes alone load torch (`core/worker.py`).
"""
