#!/usr/bin/env bash
# Make a local stand-in for the Caddy image from Debian's packages, where no registry can be reached.
# For tests on this machine only; never push it. Usage: caddy-image.sh [NAME]
set -euo pipefail

name=${1:-caddy:2-alpine}
base=${CADDY_STAND_IN_BASE:-python:3.13-slim-bookworm} # any image with glibc that is already here

if docker image inspect "$name" >/dev/null 2>&1; then
  echo "caddy: $name is there"
  exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
if ! apt-cache show caddy busybox-static >/dev/null 2>&1; then
  apt-get -q update >&2
fi
apt-get -q -o APT::Sandbox::User=root download caddy busybox-static libzstd1 >&2
for package in ./*.deb; do dpkg-deb -x "$package" root; done

# The public image has the busybox tools, and a binary that may listen on low ports: a container that drops every
# capability cannot start such a binary, so the stand-in has to have the same mark for the test to mean anything.
cat >Dockerfile <<DOCKERFILE
FROM $base
COPY root/usr/bin/caddy /usr/bin/caddy
COPY root/bin/busybox /bin/busybox
COPY root/usr/lib/ /usr/lib/
RUN ln -sf /bin/busybox /usr/bin/wget \
 && mkdir -p /config/caddy /data/caddy /etc/caddy /srv \
 && python3 -c "import os, struct; os.setxattr('/usr/bin/caddy', 'security.capability', struct.pack('<5I', 0x02000001, 1 << 10, 0, 0, 0))" \
 && caddy version
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
EXPOSE 80 443
WORKDIR /srv
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
DOCKERFILE
docker build -q -t "$name" . >/dev/null
echo "caddy: stand-in $name made"
