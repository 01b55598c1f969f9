"""Reference pictures in, watchlist entries out: reads folders and CSV files, judges each picture, finds duplicates.

Uses vision and matching. Shared by the command line, the hub and assurance; knows no database."""
