-- The roles and the database, once, by psql as a role that may create both:
--
--   OWNER_PASSWORD_FILE=… APP_PASSWORD_FILE=… psql "$ADMIN_DSN" -f deploy/provision.sql
--
-- holdfast_owner makes and changes the tables (MIGRATION_DATABASE_URL), holdfast_app reads and writes
-- their rows (DATABASE_URL) and can do nothing else.
\set ON_ERROR_STOP on
\set owner_password `cat "$OWNER_PASSWORD_FILE"`
\set app_password `cat "$APP_PASSWORD_FILE"`

CREATE ROLE holdfast_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE holdfast_app LOGIN PASSWORD :'app_password';
-- Who is no superuser has to be a member of a role to give it a database.
GRANT holdfast_owner TO CURRENT_USER;
CREATE DATABASE holdfast OWNER holdfast_owner TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE holdfast FROM PUBLIC;
GRANT CONNECT ON DATABASE holdfast TO holdfast_app;

\connect holdfast
-- The default since PostgreSQL 15.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE, USAGE ON SCHEMA public TO holdfast_owner;
GRANT USAGE ON SCHEMA public TO holdfast_app;
SET ROLE holdfast_owner;
-- For the tables of migrations to come.
ALTER DEFAULT PRIVILEGES IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO holdfast_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO holdfast_app;
