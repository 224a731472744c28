; Prints for ever.
%include "guest.inc"

main:
        say `Can anybody hear me?\n`
        jmp main
