"""The documentation that comes with Python, topic after topic."""


def text() -> str:
    """All topics in alphabetical order. Raises `ValueError` for a Python that comes without."""
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise ValueError("this Python lacks its documentation (pydoc_data): name a --corpus") from None
    return "\n".join(topics[topic] for topic in sorted(topics))
