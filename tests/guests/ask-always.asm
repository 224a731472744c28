; Asks the feeds of all 13 ports for ever, a text each, and prints a dot for a text.
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
