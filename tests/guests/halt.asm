; Clause: HLT ends the VM with status 0, and so it does with interrupts on.
%include "guest.inc"

main:
        sti
        hlt
