; For the benchmark: EXITS port exits, by a port without a device, between two bytes of output.
%include "guest.inc"

EXITS           equ 20000

main:
        mov dx, CONSOLE
        mov al, '<'
        out dx, al
        mov cx, EXITS
.next:
        out 0x80, al
        loop .next
        mov al, '>'
        out dx, al
        hlt
