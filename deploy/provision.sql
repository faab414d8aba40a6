-- The roles and the database, by psql as a role that may create both. It may be run again: it makes what is
-- missing, and gives the roles the passwords that the files hold now.
--
--   OWNER_PASSWORD_FILE=… APP_PASSWORD_FILE=… READONLY_PASSWORD_FILE=… BACKUP_PASSWORD_FILE=… \
--     psql "$ADMIN_DSN" -f deploy/provision.sql
--
-- SCRATCH_PASSWORD_FILE, where it is given, makes a fifth, by which `holdfast backup --verify` restores.
--
-- holdfast_owner     migrates: makes and changes the tables, writes the ledger and the identity (MIGRATION_DATABASE_URL)
-- holdfast_app       serves: reads and writes rows of the other tables (DATABASE_URL), and can do nothing
--                    else but what PostgreSQL lets every role do, see below
-- holdfast_readonly  reads: for on-call and reports
-- holdfast_backup    reads all that pg_dump has to
-- holdfast_scratch   makes databases of its own and drops them, and may not log in to that of the service (BACKUP_SCRATCH_URL)
--
-- Temporary tables are for holdfast_owner alone. What PostgreSQL lets every role do stays: NOTIFY, advisory locks,
-- reading what is defined, ending sessions of the same role, and setting its own password and settings: limits that are
-- set for a role are against slips. So do large objects of its own (lo_create and its like), unless this is run by a
-- superuser, since nobody else could take that. Other databases of the server let every role in unless CONNECT is taken
-- from PUBLIC there, too.
--
-- What migrations to come make is given by default privileges. `holdfast migrate up` takes from everybody but
-- holdfast_owner what these give on its own two tables.
\set ON_ERROR_STOP on
\set owner_password `cat "$OWNER_PASSWORD_FILE"`
\set app_password `cat "$APP_PASSWORD_FILE"`
\set readonly_password `cat "$READONLY_PASSWORD_FILE"`
\set backup_password `cat "$BACKUP_PASSWORD_FILE"`
\set scratch_password `cat "${SCRATCH_PASSWORD_FILE:-/dev/null}"`
SELECT '' IN (:'owner_password', :'app_password', :'readonly_password', :'backup_password') AS missing \gset
\if :missing
DO $$ BEGIN RAISE EXCEPTION 'one of the four variables names no file with a password'; END $$;
\endif

SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY['holdfast_owner', 'holdfast_app', 'holdfast_readonly', 'holdfast_backup']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE holdfast_owner PASSWORD :'owner_password';
ALTER ROLE holdfast_app PASSWORD :'app_password';
ALTER ROLE holdfast_readonly PASSWORD :'readonly_password';
ALTER ROLE holdfast_backup PASSWORD :'backup_password';
-- A slip is refused before a right is missed; people share few connections, and a report that nobody waits for ends.
ALTER ROLE holdfast_readonly CONNECTION LIMIT 5;
ALTER ROLE holdfast_readonly SET default_transaction_read_only = on;
ALTER ROLE holdfast_readonly SET statement_timeout = '5min';
ALTER ROLE holdfast_backup CONNECTION LIMIT 5;
ALTER ROLE holdfast_backup SET default_transaction_read_only = on;

SELECT :'scratch_password' <> '' AS scratch \gset
\if :scratch
SELECT 'CREATE ROLE holdfast_scratch LOGIN'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'holdfast_scratch')
\gexec
ALTER ROLE holdfast_scratch CREATEDB CONNECTION LIMIT 5 PASSWORD :'scratch_password';
\endif

-- Who is no superuser has to be a member of a role to give it a database.
GRANT holdfast_owner TO CURRENT_USER;
SELECT 'CREATE DATABASE holdfast OWNER holdfast_owner TEMPLATE template0 ENCODING ''UTF8'''
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'holdfast')
\gexec
REVOKE ALL ON DATABASE holdfast FROM PUBLIC;
GRANT CONNECT ON DATABASE holdfast TO holdfast_app, holdfast_readonly, holdfast_backup;

\connect holdfast
-- The default since PostgreSQL 15.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE, USAGE ON SCHEMA public TO holdfast_owner;
GRANT USAGE ON SCHEMA public TO holdfast_app, holdfast_readonly, holdfast_backup;
SELECT rolsuper AS superuser FROM pg_roles WHERE rolname = current_user \gset
\if :superuser
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(int), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;
\endif
SET ROLE holdfast_owner;
-- For the tables of migrations to come.
ALTER DEFAULT PRIVILEGES IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO holdfast_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO holdfast_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO holdfast_readonly, holdfast_backup;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO holdfast_readonly, holdfast_backup;
-- For those that are there, where this is run again by a release that has more roles.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO holdfast_readonly, holdfast_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO holdfast_readonly, holdfast_backup;
