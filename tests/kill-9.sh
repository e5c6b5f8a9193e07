#!/usr/bin/env bash
# Kills a thousand commands at random moments and checks that nothing acknowledged is lost.
cd "$(dirname "$0")/.." && MRMS_KILL_ROUNDS="${1:-1000}" cargo test -p mrms --test it crash:: -- --nocapture
