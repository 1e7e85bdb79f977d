#!/bin/sh
# Make the secrets of the containers, each once: what is there is left alone, so it is safe to repeat.
#
# usage: deploy/secrets.sh [DIRECTORY]        (default: deploy/secrets beside this file, or $CAUNOI_SECRETS)
#
# The files are bind mounts, and in a container they keep the mode they have here. So they may be read by all (the
# services do not run as root) and the directory around them is closed to everybody but its owner.
set -eu
umask 077

directory=${1:-${CAUNOI_SECRETS:-$(dirname "$0")/secrets}}
mkdir -p "$directory"
chmod 0700 "$directory"

# keep NAME: store standard input as the secret NAME, whole or not at all
keep() {
  draft="$directory/.$1.draft"
  cat >"$draft"
  chmod 0644 "$draft"
  mv "$draft" "$directory/$1"
  echo "made $directory/$1"
}

# word: 32 random bytes as 64 hexadecimal digits, safe in an address, a configuration file and a header
word() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

for name in postgres_superuser intake_database routing_database escalation_database notify_database audit_database \
  service_tokens; do
  [ -s "$directory/$name" ] || word | keep "$name"
done

# The key that wraps every petition's own key. Without it the vault cannot be read: keep a copy apart from the backups.
[ -s "$directory/master_key" ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' | keep master_key

# The key of denunciations alone: keep its copy with the few who may read them.
[ -s "$directory/sealed_key" ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' | keep sealed_key

# The key that signs the log's checkpoints: whoever has it can sign another past. Keep a copy apart from the backups.
[ -s "$directory/log_key" ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' | keep log_key

# The key that encrypts the secrets of agencies' webhooks. Without it they all have to be made anew.
[ -s "$directory/webhook_key" ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' | keep webhook_key

# The password of the mail server is given by its owner; none is needed for the demonstration's own.
[ -e "$directory/smtp_password" ] || : | keep smtp_password

# The secret of our pages at the identity provider, where it gives one. Empty: a public client.
[ -e "$directory/pages_client" ] || : | keep pages_client

# What people give to notify (preferences, browsers, officers' addresses) is encrypted with this.
[ -s "$directory/notify_key" ] || word | keep notify_key

# Keys that notify shares with gateways for SMS and Zalo are given by their owners; empty: no gateway.
for name in sms_key zalo_key; do [ -e "$directory/$name" ] || : | keep "$name"; done

# The city's key at push services (VAPID). Without openssl: empty, and no web push until a key is put there.
if [ ! -s "$directory/push_key" ]; then
  if command -v openssl >/dev/null 2>&1; then openssl ecparam -name prime256v1 -genkey -noout | keep push_key
  else : | keep push_key; fi
fi

# Clients that may lodge through Open311: `caunoi open311 key NAME` prints a line for it. Empty: nobody may.
[ -e "$directory/open311_keys" ] || : | keep open311_keys

# Accounts of nats-server: the first secret says who the city is, the second signs agencies and services from day to day. Whoever has
# one of them can read and say everything on the bus.
for name in nats_identity_key nats_signing_key; do [ -s "$directory/$name" ] || word | keep "$name"; done
