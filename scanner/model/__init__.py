"""The values that cross rooms: frozen, without I/O, importing no other room."""
