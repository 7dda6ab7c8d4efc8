"""Beside a running Label Studio: the same session, the same people, and facts that follow its work."""
