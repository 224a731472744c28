; Jumps behind the first MiB, where there is nothing to run.
%include "guest.inc"

main:
        jmp 0xffff:0x1234
