; Writes to the last byte of the first MiB and reads it back.
%include "guest.inc"

main:
        mov ax, 0xf000
        mov es, ax
        mov byte [es:0xffff], 0x5a
        movzx eax, byte [es:0xffff]
        call print_hex
        say `\n`
        hlt
