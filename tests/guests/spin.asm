; Says so, then runs in a circle for ever.
%include "guest.inc"

main:
        say `spinning\n`
        jmp $
