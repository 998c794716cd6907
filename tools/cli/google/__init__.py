"""Client of Google's REST APIs: one policy of timeouts, retries, paging and errors for all commands."""
