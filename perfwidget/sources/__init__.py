"""Where facts come from: Label Studio exports, a live Label Studio, sample data; and the agreement of two results."""
