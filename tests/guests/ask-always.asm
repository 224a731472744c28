; Reads a text from each of the 13 feed ports, for ever, and prints a dot for each text.
%include "guest.inc"

main:
        mov dx, 0x100
.text:
        in al, dx
        test al, al
        jnz .text
        mov bx, dx
        mov dx, CONSOLE
        mov al, '.'
        out dx, al
        lea dx, [bx + 1]
        cmp dx, 0x107
        jne .not_weather
        mov dx, 0x201
.not_weather:
        cmp dx, 0x207
        jne .text
        jmp main
