"""The hub's database: tables, migrations, sealed columns, audit log, retention and purge.

Uses policy and sealing; never imports node or capture.

A new table is a class of `schema.Table` in a module named in `tables`, and a numbered file in `migrations/versions`;
its personal columns are sealed (`sealed`), its writers work inside `Database.writing` and record what they did with
`AuditLog.append` in that same transaction, and its end is told to `retention`.
"""
