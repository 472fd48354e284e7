#!/bin/sh
# Runs workerd ($SIGHTLINE_WORKERD) so that it ends with the process that started it, even one that is killed, and not
# by a Ctrl-C in the terminal, which is that process's to act on.
exec setsid setpriv --pdeathsig KILL "$SIGHTLINE_WORKERD" "$@"
