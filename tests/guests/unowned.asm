; Clause: a port that nobody owns reads as all ones in each size, and ignores writes. So do writes to
; a feed.
%include "guest.inc"

main:
        xor eax, eax
        in al, 0x60
        call print_hex
        xor eax, eax
        in ax, 0x60
        call print_hex
        xor eax, eax
        in eax, 0x60
        call print_hex

        mov dx, 0x60
        mov di, BUFFER
        mov cx, 2
        rep insw
        mov eax, [BUFFER]
        call print_hex
        mov eax, [BUFFER + 4]
        call print_hex

        mov al, 0xfe            ; would reset a PC
        out 0x64, al
        out 0x64, ax
        out 0x64, eax
        mov dx, TWEET
        out dx, al
        say `\n`
        hlt
