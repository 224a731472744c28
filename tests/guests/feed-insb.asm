; For the benchmark: like feed-in.asm, by one string IN.
%include "guest.inc"

COUNT           equ 8000

main:
        mov dx, TWEET
        in al, dx
        mov dx, CONSOLE
        mov al, '<'
        out dx, al

        mov dx, TWEET
        mov di, BUFFER
        mov cx, COUNT
        rep insb

        mov dx, CONSOLE
        mov al, '>'
        out dx, al
        hlt
