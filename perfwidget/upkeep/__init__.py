"""What is done with a whole store: copying it to another engine, and looking it over."""
