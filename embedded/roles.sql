-- The two roles of Chairside's database, for the embedded PostgreSQL and for docker-compose.yml alike.
-- Run by psql as a superuser, as often as you like:
--   CHAIRSIDE_OWNER_PASSWORD=... CHAIRSIDE_APP_PASSWORD=... psql --file=roles.sql
--
-- chairside_owner owns the schema and runs the migrations.
-- chairside_app is what web, worker and beat connect as: it reads and writes rows, never TRUNCATEs
-- and never alters a table, so that the append-only history holds against the application itself.
\set ON_ERROR_STOP on
\getenv owner_password CHAIRSIDE_OWNER_PASSWORD
\getenv app_password CHAIRSIDE_APP_PASSWORD

SELECT format('CREATE ROLE %I', role)
  FROM unnest(ARRAY['chairside_owner', 'chairside_app']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

-- CREATEDB is for the test suite, which makes a database of its own.
ALTER ROLE chairside_owner LOGIN CREATEDB NOSUPERUSER NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE chairside_app LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE PASSWORD :'app_password';

-- The owner may act as the app, so that a test can show what the app may not do.
GRANT chairside_app TO chairside_owner WITH INHERIT FALSE, SET TRUE;

-- No statement of a page or a task needs longer; whoever does says SET LOCAL.
ALTER ROLE chairside_app SET statement_timeout = '15s';
ALTER ROLE chairside_app SET lock_timeout = '5s';
ALTER ROLE chairside_app SET idle_in_transaction_session_timeout = '30s';

-- Default privileges belong to one database and are copied from template1 into every new one.
\connect template1
ALTER DEFAULT PRIVILEGES FOR ROLE chairside_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO chairside_app;
ALTER DEFAULT PRIVILEGES FOR ROLE chairside_owner GRANT USAGE, SELECT ON SEQUENCES TO chairside_app;

SELECT 'CREATE DATABASE chairside OWNER chairside_owner TEMPLATE template1'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'chairside')
\gexec
