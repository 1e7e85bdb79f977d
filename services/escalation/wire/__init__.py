"""Contract, rule files and yardsticks on one side, the domain on the other. Pure: nothing here reads a clock or a database."""
