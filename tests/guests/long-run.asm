; Runs for 4 Gi cycles of the time stamp counter, then says so and halts.
%include "guest.inc"

main:
        say `counting\n`
        rdtsc
        mov esi, eax
        mov edi, edx
.next:
        rdtsc
        sub eax, esi
        sbb edx, edi
        jle .next               ; not on: processors may differ a little
        say `done\n`
        hlt
