"""The gate studio."""
