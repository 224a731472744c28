; Reads two bytes beyond the first MiB.
%include "guest.inc"

main:
        mov ax, 0xffff
        mov ds, ax
        mov bx, [0x1234]
        hlt
