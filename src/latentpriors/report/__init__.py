"""Pages of results: JSON that is in git to Markdown and HTML; nothing here computes a result."""
