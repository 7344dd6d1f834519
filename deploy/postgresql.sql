-- Prepares PostgreSQL for Muster; safe to repeat. Run it once as a superuser:
--
--   psql -v owner_password=… -v serving_password=… -f deploy/postgresql.sql postgres
--
-- Two roles, because row-level security binds whoever does not own a table. The owner migrates
-- (DATABASE_OWNER_URL); the other serves (DATABASE_URL) and may read and write rows, nothing else.
-- Optional: -v owner=muster_owner -v serving=muster -v database=muster

\set ON_ERROR_STOP on
\if :{?owner} \else \set owner muster_owner \endif
\if :{?serving} \else \set serving muster \endif
\if :{?database} \else \set database muster \endif

SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY[:'owner', :'serving']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE :"owner" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE :"serving" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD :'serving_password';

SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec

\connect :"database"

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"serving";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"serving";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO :"serving";
