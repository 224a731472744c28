; Clause: HLT ends the VM with status 0, even with interrupts enabled.
%include "guest.inc"

main:
        sti
        hlt
