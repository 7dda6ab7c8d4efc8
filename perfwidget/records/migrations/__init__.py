"""How the records' tables come to the newest schema, version by version; Alembic runs `env.py`."""
