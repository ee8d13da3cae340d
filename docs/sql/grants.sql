-- The least that the role workflow needs, if it does not create its tables itself: it inserts and
-- selects; it can't change or delete what is stored. Run it as the tables' owner, in their database,
-- once: before or after the first migration. Names: bie_owner owns the tables and migrates
-- (postgres.migration.username, or a run of its own), bie_workflow stores (postgres.username).
--
-- Beside it: GRANT CONNECT ON DATABASE … TO bie_workflow, if PUBLIC lost it; and with
-- postgres.migrate: true but no postgres.migration.username, bie_workflow must own the tables.

GRANT USAGE ON SCHEMA public TO bie_workflow;

-- What there is.
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO bie_workflow;

-- What later migrations of this owner bring.
ALTER DEFAULT PRIVILEGES FOR ROLE bie_owner IN SCHEMA public
    GRANT SELECT, INSERT ON TABLES TO bie_workflow;
