"""One module a version of the schema, each naming the one before."""
