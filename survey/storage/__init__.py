"""The database: tables, connections, migrations. Nothing here knows a page or a rule of work."""
