#!/bin/sh
# A second process type of the same image: says that it works, every so many seconds.
while :; do
  echo "Working at $(date -u +%Y-%m-%dT%H:%M:%SZ)"
  sleep "$1"
done
