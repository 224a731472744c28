; Raises an interrupt whose table lies outside memory.
%include "guest.inc"

main:
        lidt [pointer]
        int 0x21
        hlt

pointer:
        dw 0x3ff
        dd 0xf0000000
