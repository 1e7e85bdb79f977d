"""What intake uses outside: the object store, and the library that reads images."""
