"""Users' files: one module per kind turns a file into model values, with every problem at its line."""
