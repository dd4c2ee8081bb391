"""The gate screen."""
