#!/bin/sh
# Keeps the daemon alive: sh guardian.sh node daemon.js
# Runs "$@" again after an abnormal exit, for ever; status 0 of the daemon (kill, handover, another daemon holds the
# home) ends the guardian too. Standard output and error are the daemon's log. Descriptor 3, where the command
# that started us waits for one line, belongs to the first run only.

# A closed terminal and its Ctrl-C are no reason to end.
trap '' HUP INT
child=
ending=
# TERM goes to the daemon, which ends in order; we wait for that.
trap 'ending=1; woken=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM

began=
while [ -z "$ending" ]; do
  "$@" &
  child=$!
  exec 3>&-
  # TERM may have come before we knew whom to pass it to.
  [ -z "$ending" ] || kill -TERM "$child" 2>/dev/null

  # A trapped signal ends `wait` early: wait again.
  while :; do
    woken=
    wait "$child"
    code=$?
    [ -n "$woken" ] || break
  done
  child=

  [ "$code" -ne 0 ] || exit 0
  [ -z "$ending" ] || exit "$code"
  now=$(date +%s)
  echo "guardian: the daemon ended with status $code, starting it again" >&2
  # At once the first time; a daemon that keeps dying young is given a pause, so that it does not eat the machine.
  # When the first one began is not asked: it would hold up every first command.
  if [ -n "$began" ] && [ $((now - began)) -lt 2 ]; then
    sleep 1
    now=$((now + 1))
  fi
  began=$now
done
