"""PostgreSQL: migrations, and the embedded server of one machine."""
