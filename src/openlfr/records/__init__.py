"""The hub's database: tables, migrations, sealed columns, audit log, retention and purge.

Uses policy and sealing; never imports node or capture."""
