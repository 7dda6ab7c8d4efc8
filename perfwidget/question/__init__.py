"""Who asks what of whom, and whether they may: a Query, its period, and the scope of its viewer."""
