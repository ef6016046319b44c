"""How facts come in: tables and registries become statements of a new snapshot."""
