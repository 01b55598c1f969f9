"""The command line: starts things and prints them. It holds no logic of its own."""
