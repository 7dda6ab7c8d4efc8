"""All that knows Flask's and Dash's insides: the mount, files, downloads, bodies of callbacks, a server, its limits."""
