"""A synthetic Hanoi for demonstrations. Every petition in it says that it is made up; the same seed makes the same city."""
