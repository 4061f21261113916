-- Once, as the database's superuser: psql -f roles.sql. Then set the passwords with \password.
CREATE ROLE causeway_owner LOGIN;   -- owns the tables, and migrates
CREATE ROLE causeway_app LOGIN;     -- serves; what it may do, manage.py lockdown says
CREATE DATABASE causeway OWNER causeway_owner
    TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8';
\connect causeway
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gin;
