; Writes four bytes beyond the first MiB.
%include "guest.inc"

main:
        mov ax, 0xffff
        mov ds, ax
        mov dword [0x1234], 0x12345678
        hlt
