#!/bin/sh
# Start nats-server. Streams of a version without accounts are given to our services' account first: nats-server does not become
# healthy with streams of nobody. It runs before the server does, so nothing writes there meanwhile.
set -eu
former='/data/jetstream/$G'
folder="/data/jetstream/$(cat /etc/nats-accounts/core)"
if [ -d "$former" ] && [ ! -e "$folder" ]; then
  mv "$former" "$folder"
  echo "streams of the former version are now at $folder"
fi
exec nats-server "$@"
