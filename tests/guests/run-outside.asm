; Jumps beyond the first MiB, where there is no memory.
%include "guest.inc"

main:
        jmp 0xffff:0x1234
