#!/bin/sh
# Writes deploy/.env with random secrets for compose.yaml; an existing one stays as it is.
set -eu
cd "$(dirname "$0")"
[ ! -e .env ] || { echo "deploy/.env is there already" >&2; exit 1; }
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
umask 077
for name in POSTGRES_PASSWORD CAUSERIE_OWNER_PASSWORD CAUSERIE_APP_PASSWORD REDIS_PASSWORD MINIO_ROOT_PASSWORD \
            PGADMIN_PASSWORD CAUSERIE_SECRET_KEY; do
  echo "$name=$(random)"
done > .env
echo "wrote deploy/.env; keep it: CAUSERIE_SECRET_KEY opens the stored provider keys"
