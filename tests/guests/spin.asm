; Prints a line, then loops for ever.
%include "guest.inc"

main:
        say `spinning\n`
        jmp $
