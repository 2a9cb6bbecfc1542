#!/bin/sh
# Leaves a Chromium on this machine: the one that is there, else the one of the system's package manager.
set -eu
for browser in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$browser" >/dev/null; then exit 0; fi
done

if command -v apt-get >/dev/null; then
  install='apt-get update -q && apt-get install -q -y --no-install-recommends chromium'
elif command -v dnf >/dev/null; then
  install='dnf install -y chromium'
elif command -v apk >/dev/null; then
  install='apk add chromium'
elif command -v pacman >/dev/null; then
  install='pacman -Sy --noconfirm chromium'
else
  echo 'The browser tests need Chromium: install it so that `chromium` is on the PATH.' >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo "The browser tests need Chromium: sudo sh -c '$install'" >&2
  exit 1
fi
DEBIAN_FRONTEND=noninteractive sh -c "$install"
