#!/bin/sh
# Makes the database and its two logins: the owner migrates; the application's owns nothing and obeys row-level security.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres \
  -v owner_password="$CAUSERIE_OWNER_PASSWORD" -v app_password="$CAUSERIE_APP_PASSWORD" <<'SQL'
CREATE ROLE causerie_owner LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE causerie_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';
CREATE DATABASE causerie OWNER causerie_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE ALL ON DATABASE causerie FROM PUBLIC;
GRANT CONNECT ON DATABASE causerie TO causerie_app;
SQL
