"""Storage as the services that own tables use it: SQLModel sessions, migrations, outbox, inbox, paging."""
