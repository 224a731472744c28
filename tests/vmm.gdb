# Debugs sparkler-vmm in its jail: stops when it has been executed, before its first instruction.
#
#   make debug
#   gdb -x tests/vmm.gdb --args build/debug/jailer --exec sparkler-vmm
#
# The other processes run along; set schedule-multiple off to step through this one alone. Its filters
# allow ptrace(2) as they do without gdb, but a call of a function of it may end in SIGSYS.

# names of files are the host's: the jail has none
set sysroot
set breakpoint pending on
set detach-on-fork off
set schedule-multiple on
catch exec
run
tbreak main
continue
