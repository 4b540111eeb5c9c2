"""The pictures of pages, a file a topic."""
