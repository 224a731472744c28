; Reads a port that nobody owns, which the VMM notes on its log, says so, and runs in a circle.
%include "guest.inc"

main:
        in al, 0x60
        say `spinning\n`
        jmp $
