; Counts to half a million, then says so and halts.
%include "guest.inc"

main:
        say `counting\n`
        mov ecx, 500000
.next:
        dec ecx
        jnz .next
        say `done\n`
        hlt
