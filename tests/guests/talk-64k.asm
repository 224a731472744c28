; For the benchmark: prints 64 KiB by single OUTs.
%include "guest.inc"

main:
        mov dx, CONSOLE
        mov al, '.'
        xor cx, cx              ; 65,536 rounds
.next:
        out dx, al
        loop .next
        hlt
